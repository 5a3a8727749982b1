"""One picture of all sizes: log-log, a line a measure, its name at the line's end."""
import math

import size_table

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 520, 64, 250, 48, 44
COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#b7791f", "#16808a", "#a83279", "#4a5568")
LINES = {
    "report_all": "report, all customers", "report_customer": "report, one customer", "errors": "error list",
    "worklist": "worklist", "slots": "slots", "delivery": "one delivery", "recall": "recall, homes",
    "ready": "start to ready", "sweep_group": "group of the sweep", "plan_group": "group of the plan",
    "drop_p99": "drop, p99",
}


def decades(values):
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def text(x, y, words, size=12, anchor="start", colour="#333", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{more}>'
            f"{words}</text>")


def line(x1, y1, x2, y2, colour="#e4e4e4"):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


class Scale:
    def __init__(self, xs, ys):
        self.x, self.y = (math.log10(min(xs)), math.log10(max(xs))), decades(ys)

    def at(self, x, y):
        wide, high = max(self.x[1] - self.x[0], 1e-9), self.y[1] - self.y[0]
        return (LEFT + (math.log10(x) - self.x[0]) / wide * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - (math.log10(y) - self.y[0]) / high * (HEIGHT - TOP - BOTTOM))


def grid(scale, xs):
    out = []
    for power in range(scale.y[0], scale.y[1] + 1):
        x, y = scale.at(xs[0], 10 ** power)
        out += [line(x, y, WIDTH - RIGHT, y), text(x - 8, y + 4, f"{10 ** power:g}", 11, "end", "#777")]
    for value in xs:
        x, y = scale.at(value, 10 ** scale.y[0])
        out += [line(x, TOP, x, y), text(x, y + 18, f"{value / 1e6:g} M", 11, "middle", "#777")]
    return out


def spread(ends, gap=15):
    """Labels beside line ends, moved apart where they would cover each other."""
    ends = sorted(ends)
    for i in range(1, len(ends)):
        ends[i] = (max(ends[i][0], ends[i - 1][0] + gap), *ends[i][1:])
    return ends


def svg(results):
    series = {name: [(result["deliveries"], result["measures"].get(name)) for result in results] for name in LINES}
    series = {name: [(x, max(y, 0.01)) for x, y in points if y is not None] for name, points in series.items()}
    series = {name: points for name, points in series.items() if points}
    xs = [result["deliveries"] for result in results]
    scale = Scale(xs, [y for points in series.values() for _, y in points])
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           text(LEFT, 22, "Daily work and the length of history", 15, more=' font-weight="bold"'),
           text(LEFT, 38, "milliseconds, by deliveries in the database; both axes logarithmic", 11, colour="#777")]
    out += grid(scale, xs)
    ends = []
    for i, (name, points) in enumerate(series.items()):
        colour, spots = COLOURS[i % len(COLOURS)], [scale.at(*point) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
        ends.append((spots[-1][1], spots[-1], f"{LINES[name]} {size_table.shown(points[-1][1])}", colour))
    for y, (x, spot_y), words, colour in spread(ends):
        out += [line(x + 5, spot_y, x + 16, y, colour), text(x + 20, y + 4, words, 12, colour=colour)]
    return "\n".join(out + ["</svg>", ""])
