"""What the demo has its agent remember, read, hear and ask."""

QUESTION = "what does she like to drink?"
DRINK = "Prefers oat flat white"
PEOPLE = ("Ana", "Bo", "Chen", "Dara", "Emil", "Fay", "Gus", "Hana", "Ivo", "June")
FACTS = (
    "{0} moved to the second floor in room {1}",
    "{0} is back from holiday on the {1}th",
    "The invoice for {0} is number {1}",
    "{0} asked to push the release to week {1}",
    "{0}'s team has {1} open tickets",
    "Parcel {1} for {0} is at the front desk",
    "{0} keeps the keys of locker {1}",
    "The review with {0} takes {1} minutes",
    "{0} runs the build on machine {1}",
    "{0} sits in the train at platform {1}",
    "The contract with {0} ends in {1} months",
    "{0} reports {1} failed log-ins",
    "{0} reached level {1} in the course",
    "Desk {1} is reserved for {0}",
    "{0} found {1} typos on the page about prices",
    "{0} counted {1} chairs in the hall",
    "The car of {0} has plate {1}",
    "{0} sent {1} slides for the talk",
    "{0} wants {1} copies of the flyer",
    "Printer {1} is broken, says {0}",
)
OTHERS = [
    fact.format(person, 11 + 7 * at + 13 * of) for at, person in enumerate(PEOPLE) for of, fact in enumerate(FACTS)
]
PAGES = {
    "handbook": """# Handbook

## Returns

Goods come back within 30 days of delivery, unworn and in their box.

## Refunds

A refund reaches the card within five working days after the parcel arrives.

## Shipping

Parcels leave the warehouse every evening; postage to islands costs extra.
""",
    "hausordnung": "# Hausordnung\n\nDie Fahrräder stehen im Hof zwischen der Kastanie und der Mauer.",
    "退货政策": "# 退货政策\n\n商品可以在三十天内退回。退款需要一周时间。",
}
REFUND = "A refund reaches the card within five working days"
DOOR = [
    {"role": "user", "content": "My key card does not open room 214."},
    {"role": "assistant", "content": "Please hold it to the lock for two seconds."},
    {"role": "user", "content": "I did. The door stays shut."},
    {"role": "assistant", "content": "Please hold it to the lock for two seconds."},
]
DESK = "That was no help at all. I don't want another tip, let me talk to somebody at the desk."
MONTHS = "How many orders were placed each month in 2025?"
WAITING = (
    "SELECT c.city, COUNT(*) AS waiting FROM orders AS o JOIN customers AS c ON c.id = o.customer_id "
    "WHERE o.status = 'shipped' GROUP BY c.city ORDER BY waiting DESC"
)
REFUSED = {
    "UPDATE orders SET total = 0": "what writes is refused",
    "SELECT email FROM customers": "what is hidden is not there",
}
