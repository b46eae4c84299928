"""English forms that no rule makes."""

PLURALS: dict[str, str] = {
    form: word
    for form, _, word in (
        pair.partition(":")
        for pair in (
            "skus:sku menus:menu people:person persons:person children:child men:man women:woman staff:staff "
            "data:data series:series "
            "feet:foot mice:mouse criteria:criterion diagnoses:diagnosis analyses:analysis bases:base buses:bus "
            "statuses:status addresses:address classes:class branches:branch businesses:business expenses:expense "
            "warehouses:warehouse courses:course houses:house nurses:nurse purchases:purchase invoices:invoice "
            "licenses:license responses:response cases:case phases:phase databases:database purposes:purpose "
            "movies:movie cookies:cookie selves:self halves:half shelves:shelf wives:wife lives:live news:news "
            "sales:sale sizes:size prizes:prize causes:cause uses:use releases:release leases:lease gas:gas "
            "analytics:analytics logistics:logistics electronics:electronics mathematics:mathematics physics:physics"
        ).split()
    )
}
VERBS: dict[str, str] = {
    form: word
    for form, _, word in (
        pair.partition(":")
        for pair in (
            "bought:buy sold:sell paid:pay sent:send spent:spend made:make taught:teach took:take taken:take gave:give "
            "given:give wrote:write written:write held:hold ran:run won:win flew:fly flown:fly drove:drive "
            "driven:drive "
            "kept:keep met:meet got:get began:begin begun:begin saw:see seen:see went:go gone:go came:come left:leave "
            "lent:lend built:build brought:bring sat:sit stood:stand grew:grow grown:grow lost:lose led:lead "
            "chosen:choose chose:choose broke:break broken:break "
            "earned:earn earns:earn canceled:cancel cancelled:cancel borrowed:borrow slept:sleep "
            "dealt:deal born:birth withdrew:withdraw withdrawn:withdraw opened:open closed:close "
            "resolved:resolve rated:rating"
        ).split()
    )
}
