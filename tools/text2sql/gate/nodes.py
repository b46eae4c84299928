"""The parts a statement may be made of, by the parser's names for them: an allow-list, so that what a newer parser
learns stays refused until somebody has looked at it.

Whether a *function* is allowed is asked twice: here for the parser's typed ones, and by name in `calls`.
"""

from sqlglot import exp

from tools.text2sql.gate.rejected import Rejected

QUERIES = frozenset(
    """Select Subquery Union Intersect Except Values Table TableAlias CTE With From Join Where Group Having
    Qualify Order Ordered Limit LimitOptions Offset Fetch Distinct Window WindowSpec Lateral Pivot PivotAlias
    UnpivotColumns TableSample Cube Rollup GroupingSets RecursiveWithSearch""".split()
)
EXPRESSIONS = frozenset(
    """Alias Aliases Column Identifier Star Literal Boolean Null National HexString BitString ByteString
    RawString Heredoc Introducer Var DataType DataTypeParam Interval IntervalSpan IntervalOp Add Sub Mul Div
    IntDiv Mod Neg DPipe BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitwiseLeftShift BitwiseRightShift EQ NEQ
    GT GTE LT LTE NullSafeEQ NullSafeNEQ Is In Between Like ILike Glob SimilarTo Not Paren Escape Any All
    Exists Tuple Bracket Slice Dot Lambda Kwarg PropertyEQ Comprehension Filter WithinGroup IgnoreNulls
    RespectNulls HavingMax AtTimeZone FromTimeZone Overlaps Adjacent ExtendsLeft ExtendsRight Distance JSON
    JSONKeyValue JSONColumnDef JSONSchema JSONValue FormatJson OnCondition JSONExtractQuote JSONPath
    JSONPathFilter JSONPathKey JSONPathPart JSONPathRecursive JSONPathRoot JSONPathSelector JSONPathSlice
    JSONPathSubscript JSONPathUnion JSONPathWildcard ColumnDef CharacterSet Variadic Match ForIn
    TranslateCharacters OverflowTruncateBehavior""".split()
)
FUNCTIONS = frozenset(
    """Anonymous And Or Xor Case If Cast TryCast Try Collate Columns Abs Acos Acosh AddMonths AnyValue
    ApproxDistinct ApproxQuantile ApproxTopK ArgMax ArgMin Array ArrayAgg ArrayAll ArrayAny ArrayAppend
    ArrayCompact ArrayConcat ArrayConcatAgg ArrayContainedBy ArrayContains ArrayContainsAll ArrayDistinct
    ArrayExcept ArrayFilter ArrayFirst ArrayInsert ArrayIntersect ArrayLast ArrayMax ArrayMin ArrayOverlaps
    ArrayPosition ArrayPrepend ArrayRemove ArrayReverse ArraySize ArraySlice ArraySort ArraySum ArrayToString
    ArrayUnionAgg ArrayUniqueAgg ArraysZip Ascii Asin Asinh Atan Atan2 Atanh Avg Base64DecodeString
    Base64Encode BitLength BitwiseAndAgg BitwiseCount BitwiseOrAgg BitwiseXorAgg Booland Boolor ByteLength
    Cbrt Ceil Chr Coalesce Concat ConcatWs Contains Convert ConvertTimezone ConvertToCharset Corr Cos Cosh
    CosineDistance Cot Count CountIf CovarPop CovarSamp CumeDist CurrentDate CurrentDatetime CurrentTime
    CurrentTimestamp CurrentTimestampLTZ Date DateAdd DateBin DateDiff DateFromParts DateFromUnixDate
    DateStrToDate DateSub DateToDateStr DateTrunc Datetime DatetimeAdd DatetimeDiff DatetimeSub DatetimeTrunc
    Day DayOfMonth DayOfWeek DayOfWeekIso DayOfYear Dayname Decode DecodeCase Degrees DenseRank DotProduct Elt
    Encode EndsWith EqualNull EuclideanDistance Exists Exp Explode ExplodingGenerateSeries Extract First
    FirstValue Flatten Floor Format FromBase64 FromISO8601Date FromISO8601Timestamp FromJson GenerateDateArray
    GenerateSeries GenerateTimestampArray Getbit Greatest GroupConcat Grouping GroupingId Hex Hour Initcap
    IsArray IsInf IsNan IsNullValue JSONArray JSONArrayAgg JSONArrayAppend JSONArrayContains JSONArrayInsert
    JSONBContains JSONBContainsAllTopKeys JSONBContainsAnyTopKeys JSONBContainsTopKey JSONBDeleteAtPath
    JSONBExists JSONBExtract JSONBExtractScalar JSONBObjectAgg JSONBPathExists JSONBool JSONCast JSONExists
    JSONExtract JSONExtractArray JSONExtractScalar JSONFormat JSONKeys JSONObject JSONObjectAgg JSONRemove
    JSONSet JSONStripNulls JSONTable JSONType JSONValueArray JarowinklerSimilarity JustifyDays JustifyHours
    JustifyInterval Kurtosis Lag Last LastDay LastValue Lead Least Left Length Levenshtein List Ln Localtime
    Localtimestamp Log LogicalAnd LogicalOr Lower LowerHex MD5 MakeInterval Map MapCat MapContainsKey
    MapFromEntries MapKeys MapSize MatchAgainst Max Median Min Minute Mode Month Monthname MonthsBetween
    Negative NthValue Ntile Nullif NumberToStr Normalize Nvl2 ObjectAgg Overlay Pad ParseDatetime ParseJSON
    ParseTime PercentRank PercentileCont PercentileDisc Pi Pow Quantile Quarter Radians Rand Rank Reduce
    RegexpCount RegexpExtract RegexpExtractAll RegexpFullMatch RegexpILike RegexpInstr RegexpLike
    RegexpReplace RegexpSplit RegexpSubstr RegrAvgx RegrAvgy RegrCount RegrIntercept RegrR2 RegrSlope RegrSxx
    RegrSxy RegrSyy RegrValx RegrValy Repeat Replace Reverse Right Rint Round RowNumber SHA SHA2 SafeDivide
    Second Sign Sin Sinh Skewness Soundex Space Split SplitPart Sqrt StarMap StartsWith Stddev StddevPop
    StddevSamp StrPosition StrToDate StrToTime StrToUnix String StringToArray StripNullValue Struct
    StructExtract Stuff Substring SubstringIndex Sum Tan Tanh Time TimeAdd TimeDiff TimeFromParts
    TimeStrToDate TimeStrToTime TimeStrToUnix TimeSub TimeToStr TimeToTimeStr TimeToUnix TimeTrunc Timestamp
    TimestampAdd TimestampDiff TimestampFromParts TimestampSub TimestampTrunc ToArray ToBase64 ToChar ToDays
    ToDouble ToMap ToNumber Transform Translate Trim Trunc TsOrDiToDi TsOrDsAdd TsOrDsDiff TsOrDsToDate
    TsOrDsToDateStr TsOrDsToDatetime TsOrDsToTime TsOrDsToTimestamp Typeof Unhex Unicode UnixDate UnixMicros
    UnixMillis UnixSeconds UnixToStr UnixToTime UnixToTimeStr Unnest Upper UtcDate UtcTime UtcTimestamp VarMap
    Variance VariancePop Week WeekOfYear WidthBucket Year YearOfWeek YearOfWeekIso""".split()
)
ALLOWED = QUERIES | EXPRESSIONS | FUNCTIONS
TABLE_PARTS = {"this", "db", "alias", "joins", "laterals", "pivots", "sample", "only", "ordinality", "rows_from"}
TELLING = {"Into": "SELECT INTO makes a table.", "Lock": "FOR UPDATE and FOR SHARE lock rows.", "Hint": "No hints."}


def check_nodes(tree: exp.Expr, functions: frozenset[str]) -> None:
    """Raise Rejected for a part that is not known to be read-only. ``functions`` are names the owner trusts."""
    for node in tree.walk():
        name = type(node).__name__
        if name not in ALLOWED and not _is_trusted(node, functions):
            told = TELLING.get(name, f"{name} is not allowed here.")
            raise Rejected("read_only", f"{told} text2sql only reads: write one plain SELECT.")
        if isinstance(node, exp.Table):
            _check_table_parts(node)


def _is_trusted(node: exp.Expr, functions: frozenset[str]) -> bool:
    return isinstance(node, exp.Func) and any(name.lower() in functions for name in node.sql_names())


def _check_table_parts(table: exp.Table) -> None:
    extra = [part for part, value in table.args.items() if value and part not in TABLE_PARTS]
    if extra:
        raise Rejected("read_only", f"A table is read as it is now and whole, without {extra[0].replace('_', ' ')}.")
