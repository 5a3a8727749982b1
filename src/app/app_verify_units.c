/* The units of every order, counted again from the lines that drivers stated: what its own lines say was
 * accepted, and what its commitment counts. */
#include "base/id.h"
#include "store/store_verify_units.h"
#include "verify_walk.h"

enum { PAGE = 200 };

/* Of a page: the rows of the order that is looked at begin at the cursor. */
struct page {
    struct list lines, stated;
    size_t line, said;
};

/* What all the lines of one order come to. */
struct units {
    int64_t lines, lines_right, authorised, accepted;
    bool is_accepted_right; /* each line's own number */
};

static const struct verify_stated *said_at(const struct page *page, size_t i) {
    return (const struct verify_stated *)page->stated.at + i;
}

static struct verify_stated said_of(const struct page *page, const struct verify_order_line *line) {
    for (size_t i = page->said; i < page->stated.n && id_equal(said_at(page, i)->order_id, line->order_id);
         i++)
        if (id_equal(said_at(page, i)->product_id, line->product_id)) return *said_at(page, i);
    return (struct verify_stated){.units = 0, .own = 0};
}

static void add(const struct page *page, const struct verify_order_line *line, struct units *units) {
    struct verify_stated said = said_of(page, line);
    units->lines++;
    units->lines_right += said.own == line->authorised;
    units->authorised += line->authorised;
    units->accepted += said.own < line->authorised ? said.own : line->authorised;
    units->is_accepted_right &= said.units == line->accepted;
}

/* To the order's first rows, past those of orders that are gone. */
static void seek(struct page *page, struct id order_id) {
    const struct verify_order_line *lines = page->lines.at;
    size_t line = page->line, said = page->said;
    while (line < page->lines.n && !id_equal(lines[line].order_id, order_id))
        line++;
    while (said < page->stated.n && !id_equal(said_at(page, said)->order_id, order_id))
        said++;
    if (line < page->lines.n) page->line = line;
    if (said < page->stated.n) page->said = said;
}

/* Moves the cursors behind the order. */
static struct units count(struct page *page, struct id order_id) {
    struct units units = {.is_accepted_right = true};
    const struct verify_order_line *line = page->lines.at;
    seek(page, order_id);
    for (; page->line < page->lines.n && id_equal(line[page->line].order_id, order_id); page->line++)
        add(page, &line[page->line], &units);
    while (page->said < page->stated.n && id_equal(said_at(page, page->said)->order_id, order_id))
        page->said++;
    return units;
}

MUST static enum err look_at(struct ctx *c, struct verify_walk *walk, struct page *page,
                             const struct verify_order *order) {
    struct units units = count(page, order->order_id);
    bool counts = order->is_handed_over && !order->is_history;
    if (!order->is_closed && !units.is_accepted_right)
        TRY(verify_not_so(c, walk, "an order line's accepted units are those stated ok", order->order_id));
    if (order->is_completed && !order->is_history && order->units_accepted != units.accepted)
        TRY(verify_not_so(c, walk, "a commitment's units are those its own deliveries brought",
                          order->order_id));
    if (counts && (order->lines != units.lines || order->units_authorised != units.authorised ||
                   order->lines_right != units.lines_right))
        TRY(verify_not_so(
            c, walk,
            "a commitment's lines and units are the order's, and those right that its deliveries filled",
            order->order_id));
    return OK;
}

MUST static enum err look_at_page(struct ctx *c, struct verify_walk *walk, struct id *after, bool *more_out) {
    struct list orders;
    struct page page = {.line = 0};
    TRY(store_verify_orders(c, *after, PAGE, &orders));
    *more_out = orders.n == PAGE;
    if (orders.n == 0) return OK;
    const struct verify_order *order = orders.at;
    struct id last = order[orders.n - 1].order_id;
    TRY(store_verify_order_lines(c, *after, last, &page.lines));
    TRY(store_verify_stated(c, *after, last, &page.stated));
    for (size_t i = 0; i < orders.n; i++)
        TRY(look_at(c, walk, &page, &order[i]));
    *after = last;
    walk->orders += (int64_t)orders.n;
    verify_progress(walk, "orders", walk->orders);
    return OK;
}

enum err verify_units(struct ctx *c, struct verify_walk *walk) {
    return verify_pages(c, walk, look_at_page);
}
