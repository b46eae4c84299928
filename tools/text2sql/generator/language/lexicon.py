"""What words of a question and of names mean in general English and business use; nothing of any one database."""

from tools.text2sql.generator.language.words import stem

SYNONYMS = """
customer client buyer shopper purchaser
employee staff worker personnel colleague
product item article merchandise good
order purchase buy sell sale
sale sell
revenue turnover income
price cost fee
amount total sum value
city town
country nation
salary pay wage earn compensation paycheck
position job role title
status state
category type kind class
gender sex
doctor physician
teacher instructor professor lecturer faculty
student pupil
ticket issue case request
invoice bill
supplier vendor
warehouse depot
shipment delivery consignment ship
delivery deliver
booking reservation book reserve
payment pay
subscription subscribe
enrollment enrolment enroll enrol registration register
rental rent
loan borrow
review feedback
rating score star
quantity unit piece
stock inventory
email mail
phone telephone mobile cell
zip postcode postal
manager boss supervisor
company firm business organization organisation
department division
vehicle car truck
member user
prescription prescribe
treatment treat
attendance attend
refund reimburse
appointment visit
surname lastname
premium fee
hire join start
birth born
duration length
termination leave exit
admission admit
application apply
cancellation cancel
submission submit
diagnosis diagnose
inspection inspect
maintenance maintain repair
withdrawal withdraw
complaint complain
arrival arrive
departure depart
completion finish
signup join register create
employee agent rep representative
pet animal
tariff plan
dish meal
donation gift donate
make brand manufacturer
mileage odometer
weight weigh
specialty speciality specialization specialisation speciality specialism
"""
"""A line a meaning; a word may stand in several. Names are matched by them only where they do not match as they are."""

GROUPS: dict[str, frozenset[int]] = {}
for _number, _line in enumerate(SYNONYMS.strip().splitlines()):
    for _word in _line.split():
        GROUPS[stem(_word)] = GROUPS.get(stem(_word), frozenset()) | {_number}

ABBREVIATIONS = {
    short: tuple(full.split("|"))
    for short, full in (
        pair.split(":")
        for pair in (
            "acct:account acc:account act:active|"
            "activity addr:address adm:admission agt:agent amt:amount appt:appointment "
            "appr:approval avg:average bal:balance bkg:booking br:branch cat:category cd:code chg:charge cls:class "
            "cntry:country co:company cpn:coupon crs:course ctg:category ctry:country curr:currency ccy:currency "
            "cust:customer del:delivery dep:department dept:department descr:description desc:description "
            "dept:department diag:diagnosis disc:discount dist:distance|district div:division doc:doctor|document "
            "drv:driver dt:date dx:diagnosis emp:employee|"
            "employment enr:enrollment fee:fee flg:flag grd:grade grp:group "
            "gst:guest ht:height htl:hotel id:id ind:indicator inv:invoice|inventory itm:item loc:location "
            "ln:loan|line mgr:manager mod:model mth:month mo:month nbr:number nm:name no:number num:number nr:number "
            "opp:opportunity ord:order org:organization pat:patient pct:percent ph:phone phys:physician pmt:payment "
            "pos:position prc:price prd:product|period pri:priority prio:priority proc:procedure prod:product "
            "proj:project pt:patient pymt:payment qty:quantity reg:region|registration rep:representative "
            "res:reservation resv:reservation rm:room rt:route|rate rx:prescription sal:salary sem:semester "
            "shp:shipment shpmt:shipment spec:specialty|specification stat:status stk:stock sts:status stu:student "
            "sub:subscription supp:supplier svc:service tchr:teacher tel:telephone tkt:ticket tot:total trk:truck "
            "trx:transaction ts:time tx:transaction txn:transaction typ:type usr:user val:value veh:vehicle "
            "vnd:vendor wh:warehouse whs:warehouse whse:warehouse wt:weight yr:year cnt:count lvl:level sch:schedule "
            "instr:instructor subj:subject crncy:currency ofc:office terr:territory exp:expiry|expense rev:revenue|"
            "review "
            "subscr:subscriber|subscription trf:tariff dest:destination dur:duration incl:included mon:month|monthly "
            "deact:deactivation odo:odometer avail:available lic:license vet:veterinarian sched:schedule "
            "tech:technician bldg:building flr:floor vol:volume orig:origin gndr:gender lang:language "
            "st:status|state|street equip:equipment cert:certificate vac:vaccination|vacancy chk:check "
            "pkg:package cap:capacity fst:first lst:last mbr:member maint:maintenance eff:effective clm:claim "
            "pol:policy prem:premium ins:insurance"
        ).split()
    )
}
JOINED = {
    "dob": "birth date",
    "doj": "join date",
    "fname": "first name",
    "lname": "last name",
    "fnm": "first name",
    "lnm": "last name",
    "fn": "first name",
    "ln": "last name",
    "uname": "user name",
    "eta": "expected arrival",
    "firstname": "first name",
    "lastname": "last name",
    "fullname": "full name",
    "username": "user name",
    "zipcode": "zip code",
    "postcode": "postal code",
    "birthdate": "birth date",
    "birthday": "birth date",
    "signup": "signup",
}
"""Names written as one word that are two."""

LABELS = (
    "name",
    "title",
    "label",
    "subject",
    "full name",
    "company",
    "description",
    "code",
    "number",
    "sku",
    "username",
)
"""What a row is called by, the best first."""

PERSON = frozenset(
    """
    customer client buyer employee staff worker person user member patient doctor physician teacher instructor
    professor student pupil agent driver guest nurse author manager contact lead player passenger tenant owner rep
    representative technician clerk candidate applicant holder attendee donor borrower volunteer trainer coach lawyer
    engineer consultant contractor subscriber attorney mechanic artist judge chef waiter waitress pilot actor singer
    photographer designer developer researcher scientist librarian accountant receptionist secretary therapist dentist
    vet veterinarian surgeon pharmacist inspector officer assistant director producer editor musician performer
    athlete adjuster broker dealer salesperson resident visitor viewer learner voter citizen child parent electrician
    plumber farmer mentor tutor speaker organizer organiser sponsor curator guide intern freelancer recruiter
    interviewer carer caregiver paramedic cleaner operator policyholder colleague
    """.split()
)
"""Kinds of persons, as words of names; not as stems, for an engine is no engineer."""
PATRON = frozenset(
    stem(word)
    for word in "customer client buyer user member patient student guest passenger tenant holder donor borrower "
    "subscriber shopper policyholder learner".split()
)
"""Persons whom a business serves."""
MONEY = frozenset(
    stem(word)
    for word in "amount total price cost fee revenue sale value payment charge paid premium balance principal".split()
)
SUMS = frozenset(
    stem(word)
    for word in "payment sale expense donation refund deposit income charge purchase payout fine bill fee withdrawal "
    "contribution transfer reimbursement debt spending cost bonus grant budget pledge".split()
)
"""Tables of money: their total is as likely a sum as a count."""
PAID = SUMS | {stem("invoice")}
"""What verbs for money are about."""
