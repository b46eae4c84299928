"""The functions a statement may call, by dialect: reading, counting and shaping values, nothing else.

None of them waits, locks, writes, reads a file, opens a connection, runs SQL that it is given as text, or tells of the
session or the server. Those that can make a large value out of small ones are checked in `sizes` as well.
"""

from storage.sources.source import Dialect

SHARED = """
    abs acos acosh asin asinh atan atan2 atanh avg cast ceil ceiling coalesce concat concat_ws cos cosh count
    cume_dist current_date current_time current_timestamp date degrees dense_rank exp first_value floor format hex
    json_array json_object lag last_value lead length ln log log10 log2 lower ltrim max min mod now nth_value ntile
    nullif percent_rank pi pow power radians rank replace round row_number rtrim sign sin sinh sqrt substr substring
    sum tan tanh time timediff trim trunc unhex upper"""
SQLITE = """
    bm25 char datetime glob group_concat highlight if ifnull iif instr json json_array_length json_each
    json_error_position json_extract json_group_array json_group_object json_insert json_patch json_pretty
    json_quote json_remove json_replace json_set json_tree json_type json_valid julianday like likelihood likely
    match max median min octet_length percentile percentile_cont percentile_disc printf quote random rank regexp
    snippet soundex stddev strftime string_agg total typeof unicode unixepoch unlikely variance"""
POSTGRES = """
    age all any_value array_agg array_append array_cat array_length array_lower array_ndims array_position
    array_positions array_prepend array_remove array_replace array_to_json array_to_string array_upper ascii bit_and
    bit_count bit_length bit_or bit_xor bool bool_and bool_or btrim cardinality cbrt char_length character_length
    chr corr cosd cot covar_pop covar_samp date_bin date_part date_trunc daterange decode difference div dmetaphone
    encode every extract float8 gcd generate_series generate_subscripts greatest grouping initcap int4 int4range
    int8 int8range interval isempty isfinite json json_agg json_array_elements json_array_elements_text
    json_array_length json_arrayagg json_build_array json_build_object json_each json_each_text json_exists
    json_extract_path json_extract_path_text json_object_agg json_object_keys json_objectagg json_query json_scalar
    json_serialize json_strip_nulls json_to_record json_to_recordset json_typeof json_value jsonb_agg
    jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object
    jsonb_each jsonb_each_text jsonb_exists jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object
    jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array
    jsonb_path_query_first jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_typeof
    justify_days justify_hours justify_interval lcm least left levenshtein localtime localtimestamp lower_inc
    lower_inf lpad make_date make_interval make_time make_timestamp make_timestamptz md5 metaphone min_scale mode
    multirange normalize num_nonnulls num_nulls numeric numrange octet_length overlay percentile_cont
    percentile_disc phraseto_tsquery plainto_tsquery position quote_ident quote_literal quote_nullable random
    range_merge regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace
    regexp_split_to_array regexp_split_to_table regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2
    regr_slope regr_sxx regr_sxy regr_syy repeat reverse right row row_to_json rpad scale setweight sha224 sha256
    sha384 sha512 similarity soundex split_part starts_with statement_timestamp stddev stddev_pop stddev_samp
    string_agg string_to_array string_to_table strpos text timestamp timestamptz timezone to_ascii to_char to_date
    to_hex to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim_array
    trim_scale ts_headline ts_rank ts_rank_cd tsrange tstzrange unaccent unnest upper_inc upper_inf var_pop var_samp
    varchar variance websearch_to_tsquery width_bucket word_similarity"""
MYSQL = """
    adddate addtime against any_value approx_count_distinct ascii bin bin_to_uuid binary bit_and bit_count
    bit_length bit_or bit_xor char char_length character_length chr concat_ws conv convert convert_tz cot crc32
    curdate curtime date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear elt export_set
    extract field find_in_set from_base64 from_days from_unixtime greatest group_concat grouping hour if ifnull
    inet_aton inet_ntoa initcap insert instr interval is_uuid isnull json_array_append json_array_insert
    json_arrayagg json_compact json_contains json_contains_path json_depth json_detailed json_exists json_extract
    json_insert json_keys json_length json_merge json_merge_patch json_merge_preserve json_normalize json_objectagg
    json_overlaps json_pretty json_query json_quote json_remove json_replace json_search json_set json_table
    json_type json_unquote json_valid json_value last_day lcase least left localtime localtimestamp locate lpad
    make_set makedate maketime match md5 median microsecond mid minute month monthname nvl nvl2 oct octet_length ord
    percentile_cont percentile_disc period_add period_diff position quarter quote rand regexp_instr regexp_like
    regexp_replace regexp_substr repeat reverse right row rpad sec_to_time second sha sha1 sha2 signed soundex space
    std stddev stddev_pop stddev_samp str_to_date strcmp subdate substring_index subtime time_format time_to_sec
    timestamp timestampadd timestampdiff to_base64 to_char to_days to_seconds truncate ucase unix_timestamp unsigned
    utc_date utc_time utc_timestamp var_pop var_samp variance week weekday weekofyear year yearweek"""
DUCKDB = """
    add age any_value apply approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null
    arg_min arg_min_null argmax argmin array_agg array_aggr array_aggregate array_append array_apply array_cat
    array_concat array_contains array_cosine_distance array_cosine_similarity array_cross_product array_distance
    array_distinct array_extract array_filter array_grade_up array_has array_has_all array_has_any array_indexof
    array_inner_product array_intersect array_length array_pop_back array_pop_front array_position array_prepend
    array_push_back array_push_front array_reduce array_reverse array_reverse_sort array_select array_slice
    array_sort array_to_json array_to_string array_transform array_unique array_value array_where array_zip ascii
    avg bar base64 bin bit_and bit_count bit_length bit_or bit_xor bool_and bool_or cardinality cbrt century
    char_length character_length chr columns concat contains corr cot count_if count_star countif covar_pop
    covar_samp current_localtime current_localtimestamp damerau_levenshtein date_add date_diff date_part date_sub
    date_trunc datediff datepart datesub datetrunc day dayname dayofmonth dayofweek dayofyear decade decode divide
    editdist3 element_at encode ends_with entropy epoch epoch_ms epoch_ns epoch_us era even extract favg filter
    first flatten format_bytes formatreadabledecimalsize formatreadablesize from_base64 from_json fsum gamma gcd
    generate_series geomean geometric_mean get_current_timestamp greatest greatest_common_divisor group_concat
    grouping grouping_id hamming hash histogram histogram_values hour if ifnull ilike_escape instr
    is_histogram_other_bin isfinite isinf isnan isnull isodow isoyear jaccard jaro_similarity
    jaro_winkler_similarity json json_array_length json_contains json_each json_exists json_extract
    json_extract_path json_extract_path_text json_extract_string json_group_array json_group_object
    json_group_structure json_keys json_merge_patch json_pretty json_quote json_structure json_transform
    json_transform_strict json_tree json_type json_valid json_value julian kahan_sum kurtosis kurtosis_pop lambda
    last last_day lcase lcm least least_common_multiple left left_grapheme len length_grapheme levenshtein lgamma
    like_escape list list_aggr list_aggregate list_any_value list_append list_apply list_approx_count_distinct
    list_avg list_bit_and list_bit_or list_bit_xor list_bool_and list_bool_or list_cat list_concat list_contains
    list_cosine_similarity list_count list_distance list_distinct list_element list_entropy list_extract list_filter
    list_first list_grade_up list_has list_has_all list_has_any list_histogram list_indexof list_inner_product
    list_intersect list_kurtosis list_last list_mad list_max list_median list_min list_mode list_pack list_position
    list_prepend list_product list_reduce list_reverse list_reverse_sort list_select list_skewness list_slice
    list_sort list_stddev_pop list_stddev_samp list_string_agg list_sum list_transform list_unique list_value
    list_var_pop list_var_samp list_where list_zip listagg localtime localtimestamp lpad mad make_date make_time
    make_timestamp make_timestamp_ms make_timestamptz map map_concat map_contains map_contains_entry
    map_contains_value map_entries map_extract map_extract_value map_from_entries map_keys map_values max_by md5
    mean median microsecond millennium millisecond min_by minute mismatches mode month monthname multiply nanosecond
    nextafter nfc_normalize normalized_interval not_ilike_escape nullif octet_length ord percentile_cont
    percentile_disc position prefix printf product quantile quantile_cont quantile_disc quarter random range reduce
    regexp_count regexp_escape regexp_extract regexp_extract_all regexp_full_match regexp_matches regexp_replace
    regexp_split_to_array regexp_split_to_table regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope
    regr_sxx regr_sxy regr_syy repeat reservoir_quantile reverse right right_grapheme round_even roundbankers row
    row_to_json rpad rtrim second sem sha1 sha256 signbit skewness split split_part starts_with stddev stddev_pop
    stddev_samp str_split str_split_regex strftime string_agg string_split string_split_regex string_to_array
    strip_accents strlen strpos strptime struct_concat struct_contains struct_extract struct_has struct_indexof
    struct_insert struct_keys struct_pack struct_position struct_values substring_grapheme subtract suffix sumkahan
    time_bucket timezone timezone_hour timezone_minute to_base to_base64 to_binary to_centuries to_days to_decades
    to_hex to_hours to_json to_microseconds to_millennia to_milliseconds to_minutes to_months to_quarters to_seconds
    to_timestamp to_weeks to_years today transaction_timestamp translate try try_cast try_strptime typeof ucase
    unicode union_extract union_tag union_value unnest unpivot_list url_decode url_encode var_pop var_samp variance
    wavg week weekday weekofyear weighted_avg width_bucket xor year yearweek"""
EXTRA: dict[Dialect, str] = {"sqlite": SQLITE, "postgres": POSTGRES, "mysql": MYSQL, "duckdb": DUCKDB}
NAMES: dict[Dialect, frozenset[str]] = {
    dialect: frozenset((SHARED + extra).split()) for dialect, extra in EXTRA.items()
}

TABLE_NAMES: dict[Dialect, frozenset[str]] = {
    "sqlite": frozenset({"json_each", "json_tree"}),
    "postgres": frozenset(
        """generate_series generate_subscripts unnest json_array_elements json_array_elements_text json_each
        json_each_text json_object_keys json_to_record json_to_recordset jsonb_array_elements jsonb_array_elements_text
        jsonb_each jsonb_each_text jsonb_object_keys jsonb_path_query jsonb_to_record jsonb_to_recordset regexp_matches
        regexp_split_to_table string_to_table""".split()
    ),
    "mysql": frozenset({"json_table"}),
    "duckdb": frozenset({"generate_series", "range", "unnest", "json_each", "json_tree", "regexp_split_to_table"}),
}
"""Those that may stand in FROM."""

WORDS = frozenset(
    """all and any array as between by case check columns cross current cube distinct else escape except
    exclude exists filter following for from full glob group grouping sets having if ilike in inner intersect
    interval is join key lateral left like limit map materialized not null offset on or order ordinality outer
    over overlaps partition path pivot preceding qualify range recursive regexp rename repeatable replace right rlike
    rollup row rows select semi anti similar some straight_join struct then to union unnest unpivot using
    value values when where window with within asof positional natural escape div mod xor lambda reservoir
    bernoulli system sample return collate at zone separator only include nulls name asc desc true false fetch
    first next""".split()
)
"""Words of SQL that may stand before a parenthesis without being a function's name."""

TYPES = frozenset(
    """bit blob bpchar bytea char character varying dec decimal double precision float int integer bigint
    smallint tinyint mediumint hugeint uinteger ubigint usmallint utinyint number numeric nchar nvarchar real
    string text time timestamp timestamptz varbinary varchar binary datetime date boolean bool interval year
    signed unsigned enum struct map union""".split()
)
"""Names of types that may carry a size."""
