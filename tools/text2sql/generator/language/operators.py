"""Words that say what to do with tables, columns and values, and words that say nothing."""

from tools.text2sql.generator.language.words import stem

PHRASES: dict[str, str] = {
    "count": "how many|number of|count of|count|total number of|total count of|no of|quantity of|how many total|"
    "the number of|overall number of|how many of|amount of times|number of times|how many times|counts",
    "sum": "total|summed|sum of|sum|combined|total of|sum total of|total sum of",
    "how_much": "how much|total amount of|total value of|the total value of|overall value of",
    "avg": "average|mean|avg|average of|on average|mean of",
    "max": "highest|maximum|max|largest|biggest|greatest|top most|most high",
    "min": "lowest|minimum|min|smallest",
    "most": "most|the most|most often|most frequently|most commonly|most frequent|most common",
    "least": "least|fewest|the least|the fewest|least often|least frequently|least common",
    "top": "top|best|leading|busiest|most active|most popular|most successful|most productive|most loyal",
    "bottom": "bottom|worst",
    "first": "first|very first|earliest",
    "last": "last|latest|newest|most recent|most recently|very last|recent",
    "oldest": "oldest|eldest|most senior",
    "youngest": "youngest",
    "distinct": "different|distinct|unique|separate",
    "group": "per|for each|for every|each|every|in each|broken down by|break down by|grouped by|group by|split by|"
    "by each|across each|in every|for each of the|breakdown by|broken out by|divided by|segmented by|at each|"
    "of each|from each|to each|on each|with each",
    "by": "by",
    "breakdown": "break down|breakdown|breakdown of|distribution of|split of|split",
    "gt": "over|above|more than|greater than|exceeding|exceeds|exceed|exceeded|higher than|larger than|bigger than|>|"
    "in excess of|better than|bigger|costing more than|"
    "worth more than|that cost more than|upwards of|beyond",
    "longer": "longer than",
    "shorter": "shorter than",
    "heavier": "heavier than",
    "lighter": "lighter than",
    "taller": "taller than",
    "pricier": "more expensive than|pricier than|costlier than",
    "cheaper": "cheaper than|less expensive than",
    "ge": "at least|no less than|not less than|no fewer than|minimum of|a minimum of|>=|at minimum|not under|not below",
    "lt": "under|below|less than|fewer than|lower than|smaller than|<|costing less than|worth less than",
    "le": "at most|no more than|not more than|up to|maximum of|a maximum of|<=|not over|not above|at maximum",
    "eq": "exactly|equal to|equals|=|precisely|is equal to",
    "or_more": "or more|or above|or higher|or over|or greater|and up|and above|or better|and over|or up|plus",
    "or_less": "or less|or fewer|or below|or under|or lower|and below|and under",
    "between": "between|in between|ranging from|anywhere between",
    "before": "before|prior to|earlier than|until|till|up until",
    "after": "after|later than|following",
    "since": "since|starting|starting from|beginning|from and after|on or after|as of|onwards from",
    "by_end": "on or before|through|up to and including|no later than",
    "onwards": "onwards|onward|or later|and later",
    "not": "not|except|excluding|other than|apart from|non|except for|but not|outside|outside of|aside from|isn|"
    "rather than|instead of|not in|excluding those",
    "without": "without|no|without any|lacking|missing|with no|without a|having no|has no|have no|had no|"
    "without having|"
    "have not got|zero|have zero|with zero|not a single|not any|not have|not have any|not have a|not had any|not had|"
    "not having|not got any|not got",
    "never": "never|nobody|no one|nobody has|noone|nobody ever|no one ever|no one has|nobody has ever|not ever|"
    "not yet|not once",
    "order": "order the results by|sort the results by|order results by|sort results by|sort it by|order it by|"
    "sorted by|ordered by|order by|sort by|ranked by|in order of|sort them by|order them by|sorted on|rank by|"
    "arranged by|and sort by|listed by",
    "desc": "descending|desc|in descending order|highest first|from highest to lowest|highest to lowest|largest first|"
    "biggest first|most first|from most to least|from high to low|starting from the highest|from largest to smallest|"
    "newest first|latest first|most recent first|from newest to oldest|most expensive first|most common first|"
    "most frequent first|starting with the highest",
    "asc": "ascending|asc|in ascending order|lowest first|from lowest to highest|lowest to highest|smallest first|"
    "oldest first|earliest first|from oldest to newest|cheapest first|from low to high|alphabetically|"
    "in alphabetical order|chronologically|in chronological order|by alphabet",
    "named": "named|called|titled|by the name of|with the name|with the title|go by",
    "contains": "containing|contains|contain|with the word|including the word|that include|like|mention|mentions|"
    "mentioning",
    "starts": "starts with|starting with|beginning with|begins with|start with|begin with",
    "ends": "ends with|ending with|ends in|ending in|end with|end in",
    "or": "or|either|and or",
    "and": "and|,|&|as well as|along with|plus also|together with|and also|but",
    "both": "both",
    "which": "which|what|what are|what is|what were|what was|what 's|which of|which of the|whichever",
    "who": "who|whom|who 's",
    "when": "when|what date|on what date|on which date|what day|on which day|since when|how long ago",
    "no_stock": "out of stock|sold out",
    "in_stock": "in stock",
    "people": "people|person|everyone|everybody|persons|individuals|folks",
    "noise": "registered with us|to their name|to his name|to her name|to its name|"
    "in the shop|in our shop|in the store|our company|the company|the company has|at the company|overall all|"
    "across all|for all|of all|all of|a week|a month|a year|a day|"
    "would you mind telling me|do you know|i was wondering|i am wondering|may i know|do you happen to know|overall|"
    "altogether|in total|all together|on file|on record|on the books|in our catalogue|in the catalogue|"
    "in our catalog|in the catalog|"
    "over all|over all of|across all of|so far|at all|to date|right now|at the moment|of all time|"
    "all time|in the system|"
    "in the database|in our system|in our database|in our records|as of today|in the company|on our books|you have|"
    "we have|do we have|are there|there are|is there|can you|if you would|if you can|if you could|could you|"
    "would you|i would like to|i want to|if possible|"
    "i need to|i mean|i wonder|tell me|let me know|i need",
    "counts_each": "with a count for each|with a count of each|and how many of each|with counts|how many of each|"
    "how often each occurs|and how often each occurs|and their counts|with the count|with count|and count|"
    "with the count of each|and the count of each|and how often each one occurs|with a count",
    "missing": "missing|unknown|empty|blank|null|not set|not specified|not recorded|not known|unassigned|not provided",
    "present": "not null|not empty|not missing|filled in",
    "their": "their|its|his|her|with their|and their|with its|together with their|along with their|including their",
    "'s": "'s|'",
    "expensive": "most expensive|priciest|costliest|dearest|most costly|highest priced|highest price",
    "cheap": "cheapest|least expensive|least costly|lowest priced",
    "long": "longest",
    "short": "shortest",
    "heavy": "heaviest",
    "light": "lightest",
    "tall": "tallest",
    "paid": "highest paid|best paid|top paid|highest earning|top earning",
    "unpaid": "lowest paid|worst paid|lowest earning",
    "rated": "highest rated|best rated|top rated|highest scoring|best reviewed",
    "misrated": "lowest rated|worst rated|lowest scoring",
    "selling": "best selling|top selling|most sold|bestselling|most ordered|most purchased|best sold",
    "unselling": "worst selling|least sold|least selling",
    "spent": "spent|spend|spends|spending",
    "new": "new",
    "everything": "everything|anything",
    "costs": "costs|cost",
    "revenue": "revenue|revenues|turnover|sales revenue|sales|sales volume|takings|money|sales amount|sales value|"
    "sales figures",
    "month": "month|monthly|each month|by month|months|month by month|every month",
    "year": "year|yearly|annual|annually|each year|by year|years|year by year|every year|calendar year",
    "quarter": "quarter|quarterly|each quarter|by quarter|quarters",
    "week": "week|weekly|each week|by week|weeks",
    "day": "day|daily|each day|by day|days|every day",
    "from": "from",
    "to": "to",
}
"""Phrases by what they do, separated by bars."""

STOP_WORDS = frozenset(
    "a an the of in on at for from to with by into as is are was were be been being am do does did done has have "
    "had having i me my we us our you your they them their there here it its these those this that who whom whose "
    "which what please would like could can may 's all any some such also then so too about via through "
    "within during across among amongst amid where".split()
)
"""Words that name nothing, whatever a table or column is called."""
FILLERS = STOP_WORDS | frozenset(
    "show list give tell find get display return see want need know retrieve fetch provide pull bring look up let "
    "lets currently now still yet already ever right just only regarding concerning whole entire overall "
    "one ones various respective question hi hello hey thanks thank kindly quick quickly own database "
    "records record data rows entries entry info information details detail together "
    "altogether actually exactly held single someone somebody anyone anybody remain remains ".split()
)
"""Words that change nothing where they name nothing."""

CONNECTORS = frozenset(
    stem(word)
    for word in (
        "have get place make belong work live reside locate base come go receive use generate handle assign associate "
        "relate involve give issue submit take perform happen occur record list contain include offer provide "
        "store own exist earn bring see send put raise file log write carry run serve employ attend "
        "host tie link connect attach cover deal post publish create add enter present conduct correspond "
        "concern come bear charge last organize organise arrange help participate "
        "teach treat supply manage drive operate"
    ).split()
)
"""Verbs that only tie one thing to another; explained where they stand beside things that are linked."""

LISTING = frozenset("show list give find get display tell which what see fetch retrieve provide return pull".split())
"""Words that a question for rows begins with."""
SHOWING = frozenset({*"show include including give list".split(), "i need", "tell me", "i want to"})
"""Words behind which more columns are asked for."""
LIGHT = frozenset("is are was were be been of = the a an has have had : with at to that which in 's equal on".split())
"""Words that may stand between a column and what it is compared with."""
TIES = frozenset(
    "have has get gets make makes place places belong belongs work works live lives reside resides come comes go "
    "goes receive receives use uses generate generates handle handles involve involves give gives take takes "
    "contain contains include includes offer offers provide provides store stores own owns exist exists bring "
    "brings see sees send sends write writes run runs serve serves attend attends perform performs host hosts "
    "happen happens "
    "occur occurs submit submits "
    "cover covers carry carries charge hold holds teach teaches treat treats supplies manage manages drive "
    "drives operate operates".split()
)
"""Such verbs in forms that are seldom nouns."""
CURRENCY = frozenset("$ € £ euro euros eur dollar dollars usd bucks pound pounds gbp".split())
UNIT_WORDS = frozenset(
    "minutes minute mins hours hour hrs days day weeks kg kilos kilograms km kilometers miles mg g grams units "
    "unit stars star points point percent % meters metres cm pieces years year months week weeks".split()
)


def _operators() -> dict[tuple[str, ...], str]:
    found = {tuple(phrase.split()): name for name, phrases in PHRASES.items() for phrase in phrases.split("|")}
    superlatives = {("the", *words): name for words, name in found.items() if words[0] in ("most", "least")}
    return superlatives | found


OPERATORS = _operators()
LONGEST = max(map(len, OPERATORS))
