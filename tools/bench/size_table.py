"""The figures as a Markdown table: a row a measure, a column a size."""

# name in the JSON: (words, unit, limit); a limit of None: shown, not held to one
MEASURES = {
    "report_customer": ("report of twelve months, one customer", "ms", 50),
    "report_all": ("report of twelve months, grouped by customer, all 200", "ms", 50),
    "errors": ("one customer's error list, first page", "ms", 20),
    "worklist_depot": ("worklist of a day, one depot", "ms", 20),
    "worklist": ("worklist of a day, all depots", "ms", 20),
    "slots": ("slots of an order, four weeks", "ms", 5),
    "delivery": ("one delivery with everything", "ms", 2),
    "recall": ("lot recall: the homes of a lot, first page", "ms", 50),
    "recall_add": ("lot recall: saying so", "ms", 50),
    "ready": ("start to ready", "ms", 1000),
    "ready_later": ("… the first start after 29 days", "ms", 1000),
    "sweep": ("sweep of 100,000 overdue, writer time", "s", 5),
    "sweep_group": ("… its longest group of 500", "ms", None),
    "plan": ("plan of 1,000,000 patients, writer time", "s", 60),
    "plan_group": ("… its longest group of 500", "ms", None),
    "drop_p50": ("drops beside both, p50", "ms", None),
    "drop_p99": ("drops beside both, p99", "ms", None),
    "disk": ("disk a delivery, people and all", "bytes", 3000),
    "made": ("made by canary-volume (10 M: 20)", "minutes", None),
    "rss": ("resident memory, peak", "MiB", 256),
}


def shown(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def markdown(results):
    heads = [f"{result['deliveries'] / 1e6:g} M" for result in results]
    lines = ["| measure | limit | " + " | ".join(heads) + " |", "|---|---|" + "---|" * len(heads)]
    for name, (words, unit, limit) in MEASURES.items():
        cells = []
        for result in results:
            value = result["measures"].get(name)
            over = limit is not None and value is not None and value > limit
            cells.append(f"**{shown(value)}**" if over else shown(value))
        lines.append(f"| {words}, {unit} | {'' if limit is None else f'{limit:,}'} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def disk(result, most=40):
    lines = ["| table | or index | bytes a delivery | of them content | rows a delivery | bytes a row |",
             "|---|---|---|---|---|---|"]
    n = result["deliveries"]
    for row in result["disk"][:most]:
        cells = (row["table"], row["name"] if row["name"] != row["table"] else "", f"{row['bytes'] / n:.0f}",
                 f"{row['payload'] / n:.0f}", f"{row['cells'] / n:.2f}",
                 f"{row['payload'] / max(1, row['cells']):.0f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
