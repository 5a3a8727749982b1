#include "base/clock.h"
#include "base/limits.h"
#include "json/csv.h"
#include "json_things.h"
#include <stdlib.h>

/* A copy without a byte more, so that a read past the end is seen. */
static enum err read_bytes(struct ctx *c, const char *bytes, size_t n, bool keep_good,
                           struct csv_table *table) {
    char *exact = malloc(n ? n : 1);
    if (n) memcpy(exact, bytes, n);
    enum err err = csv_read(c, "f.csv", exact, n, keep_good, table);
    free(exact);
    return err;
}

/* "line: cell|cell" of every row, the header first. */
static const char *told(struct ctx *c, const struct csv_table *table) {
    struct text out = text_in(c->arena);
    for (size_t i = 0; i <= table->n; i++) {
        const struct csv_row *row = i ? &table->row[i - 1] : &table->header;
        text_printf(&out, "%s%d:", i ? " " : "", (int)row->line);
        for (size_t k = 0; k < row->n; k++)
            text_printf(&out, "%s%s", k ? "|" : "", row->cell[k]);
    }
    return out.at;
}

#define CHECK_READ(file, want)                                               \
    do {                                                                     \
        struct ctx *c = check_ctx();                                         \
        struct csv_table table;                                              \
        CHECK_OK(c, read_bytes(c, (file), sizeof(file) - 1, false, &table)); \
        CHECK_STR(told(c, &table), (want));                                  \
    } while (0)

TEST(csv_read_rows_and_cells) {
    CHECK_READ("a,b\n1,2\n3,4\n", "1:a|b 2:1|2 3:3|4");
    CHECK_READ("a,b\n1,2", "1:a|b 2:1|2"); /* no line end at the end */
    CHECK_READ("a\n", "1:a");
    CHECK_READ("a,b\n,\n1,\n", "1:a|b 2:| 3:1|");
    CHECK_READ("a\nZo\xc3\xab\n", "1:a 2:Zo\xc3\xab");
}

TEST(csv_read_skips_a_byte_order_mark) {
    CHECK_READ("\xef\xbb\xbf"
               "a,b\n1,2\n",
               "1:a|b 2:1|2");
    CHECK_READ("\xef\xbb\xbf"
               "\"a\",b\n",
               "1:a|b");
}

TEST(csv_read_takes_every_line_end) {
    CHECK_READ("a,b\r\n1,2\r\n3,4\r\n", "1:a|b 2:1|2 3:3|4");
    CHECK_READ("a,b\r1,2\r\r3,4\r", "1:a|b 2:1|2 4:3|4");
    CHECK_READ("\"a\",\"b\"\r\n\"1\",\"2\"\r\n", "1:a|b 2:1|2");
}

TEST(csv_read_undoes_quotes) {
    CHECK_READ("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n\"\",\"\"\"\"\n", "1:a|b 2:x, y|say \"hi\" 3:|\"");
}

TEST(csv_read_trims_what_is_unquoted) {
    CHECK_READ("a , b\n  1\t,\t2 \n\" 3 \", \"4 \" \n", "1:a|b 2:1|2 3: 3 |4 ");
}

TEST(csv_read_skips_blank_lines_and_counts_them) {
    CHECK_READ("\n\na\n\n1\n \t\n\r\n2\n\n", "3:a 5:1 8:2");
}

TEST(csv_read_counts_the_lines_of_the_file) {
    CHECK_READ("a,b\n\"x\ny\",1\nz,\"p\r\nq\n\n\"\nlast,1\n", "1:a|b 2:x\ny|1 4:z|p\r\nq\n\n 8:last|1");
    CHECK_READ("a\n\"\n\n1\"\n\"\n\"\n2\n", "1:a 2:\n\n1 5:\n 7:2");
    CHECK_READ("a\n\"\r\r\n1\"\n2\n", "1:a 2:\r\r\n1 5:2");
}

/* ---- faults ---- */

struct refusal {
    const char *pointer, *detail;
};

static void check_faults(const char *bytes, size_t n, bool keep_good, enum err want,
                         const struct refusal *refusal, size_t count) {
    struct ctx *c = check_ctx();
    struct csv_table table;
    CHECK_INT(read_bytes(c, bytes, n, keep_good, &table), want);
    for (size_t i = 0; i < count; i++)
        CHECK_STR(fault_at(c, refusal[i].pointer), refusal[i].detail);
    CHECK_INT(fault_count(c), count);
    if (want != OK) CHECK_STR(c->fault.slug, "request.invalid");
}

#define CHECK_FAULTS(file, keep_good, want, ...)                                                       \
    check_faults((file), sizeof(file) - 1, (keep_good), (want), (const struct refusal[]){__VA_ARGS__}, \
                 COUNT(((const struct refusal[]){__VA_ARGS__})))
#define CHECK_UNREADABLE(file, ...)                          \
    do {                                                     \
        CHECK_FAULTS(file, false, ERR_INVALID, __VA_ARGS__); \
        CHECK_FAULTS(file, true, ERR_INVALID, __VA_ARGS__);  \
    } while (0)

TEST(csv_read_names_rows_of_another_width) {
    CHECK_FAULTS("a,b,c\n1,2\n1,2,3\n1,2,3,4,5\n1,2,3,\n", false, ERR_INVALID,
                 {"f.csv:2:2", "this row has 2 cells, the header has 3"},
                 {"f.csv:4:4", "this row has 5 cells, the header has 3"},
                 {"f.csv:5:4", "this row has 4 cells, the header has 3"});
}

TEST(csv_read_names_cells_that_are_not_text) {
    CHECK_FAULTS("a,b\n1,caf\xe9\nx\0y,2\nok,\xff\n", false, ERR_INVALID,
                 {"f.csv:2:2", "this cell is not UTF-8 text: save the file as UTF-8"},
                 {"f.csv:3:1", "this cell holds a NUL: save the file as UTF-8 text"},
                 {"f.csv:4:2", "this cell is not UTF-8 text: save the file as UTF-8"});
}

TEST(csv_read_keeps_the_good_rows_when_told) {
    struct ctx *c = check_ctx();
    struct csv_table table;
    const char file[] = "a,b\n1,2\n3\n\xff,4\n5,6\n7,8,9\n\"x\ny\",10\n";
    CHECK_OK(c, read_bytes(c, file, sizeof file - 1, true, &table));
    CHECK_STR(told(c, &table), "1:a|b 2:1|2 5:5|6 7:x\ny|10");
    CHECK_INT(fault_count(c), 3);
    CHECK(fault_at(c, "f.csv:3:1") && fault_at(c, "f.csv:4:1") && fault_at(c, "f.csv:6:3"));
    CHECK_INT(c->fault.err, OK);
}

TEST(csv_read_names_a_quote_left_open) {
    const char *text = "a quote is opened here and never closed";
    CHECK_UNREADABLE("a,b\n1,2\n3,\"4\n5,6\n7,8\n", {"f.csv:3:2", text});
    CHECK_UNREADABLE("a\n\"", {"f.csv:2:1", text});
    CHECK_UNREADABLE("\"a\nb\n", {"f.csv:1:1", text});
}

TEST(csv_read_names_a_quote_out_of_place) {
    const char *text = "a quote is out of place: a cell with quotes is quoted whole, its quotes doubled";
    CHECK_UNREADABLE("a,b\n1,2\n3,5\" pipe\n", {"f.csv:3:2", text});
    CHECK_UNREADABLE("a,b\n\"x\"y,2\n", {"f.csv:2:1", text});
}

TEST(csv_read_names_faults_of_the_header) {
    CHECK_UNREADABLE("a,,a,b,a\n", {"f.csv:1:2", "this column has no name"},
                     {"f.csv:1:3", "this column has the name of column 1"},
                     {"f.csv:1:5", "this column has the name of column 1"});
    CHECK_UNREADABLE("a,b\xe9\n1,2\n", {"f.csv:1:2", "this cell is not UTF-8 text: save the file as UTF-8"});
    CHECK_UNREADABLE("a,b,\n1,2\n", {"f.csv:1:3", "this column has no name"},
                     {"f.csv:2:2", "this row has 2 cells, the header has 3"});
}

TEST(csv_read_refuses_an_empty_file) {
    const char *text = "the file is empty: its first line names the columns";
    CHECK_UNREADABLE("", {"f.csv:1:1", text});
    CHECK_UNREADABLE("\xef\xbb\xbf", {"f.csv:1:1", text});
    CHECK_UNREADABLE("\r\n \n", {"f.csv:1:1", text});
}

static const char *wide(struct ctx *c, int columns) {
    struct text out = text_in(c->arena);
    for (int i = 0; i < columns; i++)
        text_printf(&out, "%sc%d", i ? "," : "", i);
    return out.at;
}

TEST(csv_read_takes_500_columns_and_no_more) {
    struct ctx *c = check_ctx();
    struct csv_table table;
    const char *file = wide(c, LIMIT_COLUMNS);
    CHECK_OK(c, csv_read(c, "f.csv", file, strlen(file), false, &table));
    CHECK_INT(table.header.n, LIMIT_COLUMNS);
    CHECK_INT(csv_column(&table, "c499"), 499);
    file = arena_printf(c->arena, "%s\n1,2\n", wide(c, LIMIT_COLUMNS + 1));
    CHECK_INT(csv_read(c, "f.csv", file, strlen(file), true, &table), ERR_INVALID);
    CHECK_STR(fault_at(c, "f.csv:1:501"), "the file has more than 500 columns");
    CHECK_INT(fault_count(c), 1);
}

TEST(csv_column_is_exact) {
    struct ctx *c = check_ctx();
    struct csv_table table;
    CHECK_OK(c, csv_read(c, "f.csv", "code,Name\n", 10, false, &table));
    CHECK_INT(csv_column(&table, "code"), 0);
    CHECK_INT(csv_column(&table, "Name"), 1);
    CHECK_INT(csv_column(&table, "name"), -1);
    CHECK_INT(csv_column(&table, ""), -1);
}

TEST(csv_read_says_when_the_arena_is_full) {
    struct ctx *c = check_ctx();
    struct arena *own = c->arena;
    const char file[] = "a,b\n1,2\n3,4\n5\n";
    enum err err = ERR_LIMIT;
    size_t cap = 16;
    for (; cap < 20000 && err == ERR_LIMIT; cap += 16) {
        struct csv_table table;
        c->arena = arena_create(cap);
        c->fault = (struct fault){0};
        err = read_bytes(c, file, sizeof file - 1, true, &table);
        arena_destroy(&c->arena);
        c->arena = own;
    }
    CHECK_INT(err, OK);
    CHECK(cap > 4000);
}

/* As many lines and columns as ten years of a large depot's spreadsheet. */
static struct text spreadsheet(struct ctx *c, int lines) {
    struct text out = text_in(c->arena);
    text_str(&out, wide(c, 33));
    for (int i = 0; i < lines; i++)
        for (int k = 0; k < 33; k++)
            text_printf(&out, k % 5 ? "%cvalue %d" : "%c\"value, %d\"", k ? ',' : '\n', i);
    return out;
}

/* A hundredth of a second in the release build; what is guarded here is that time grows with size alone. */
TEST(csv_read_is_fast) {
    struct ctx *c = check_ctx();
    struct csv_table table;
    struct text file = spreadsheet(c, 10000);
    int64_t begun = clock_monotonic_us();
    CHECK_OK(c, csv_read(c, "f.csv", file.at, file.n, false, &table));
    CHECK(clock_monotonic_us() - begun < 2000000);
    CHECK_INT(table.n, 10000);
    CHECK_STR(table.row[9999].cell[32], "value 9999");
    CHECK_STR(table.row[9999].cell[30], "value, 9999");
    CHECK_INT(table.row[9999].line, 10001);
}

TEST(csv_read_is_fast_when_a_quote_is_never_closed) {
    struct ctx *c = check_ctx();
    struct csv_table table;
    struct text file = text_in(c->arena);
    text_str(&file, "a\n\"");
    for (int i = 0; i < 2000000; i++)
        text_add(&file, "x\n", 2);
    int64_t begun = clock_monotonic_us();
    CHECK_INT(csv_read(c, "f.csv", file.at, file.n, true, &table), ERR_INVALID);
    CHECK(clock_monotonic_us() - begun < 3000000);
    CHECK(fault_at(c, "f.csv:2:1"));
}

/* ---- csv_cell ---- */

static void check_cell(const char *utf8, const char *want) {
    struct ctx *c = check_ctx();
    struct text out = text_in(c->arena);
    csv_cell(&out, utf8);
    CHECK_STR(out.at ? out.at : "", want);
}

TEST(csv_cell_quotes_when_it_must) {
    check_cell("", "");
    check_cell(NULL, "");
    check_cell("plain text", "plain text");
    check_cell("Zo\xc3\xab", "Zo\xc3\xab");
    check_cell("a,b", "\"a,b\"");
    check_cell("say \"hi\"", "\"say \"\"hi\"\"\"");
    check_cell("a\nb", "\"a\nb\"");
    check_cell("a\r\nb", "\"a\r\nb\"");
    check_cell(" a", "\" a\"");
    check_cell("a ", "\"a \"");
    check_cell("a;b'c", "a;b'c");
}

TEST(csv_cell_is_no_formula) {
    check_cell("=1+1", "\"'=1+1\"");
    check_cell("+49 30", "\"'+49 30\"");
    check_cell("-1", "\"'-1\"");
    check_cell("@SUM(A1)", "\"'@SUM(A1)\"");
    check_cell("\t=1", "\"'\t=1\"");
    check_cell("\r=1", "\"'\r=1\"");
    check_cell("=\"a\"", "\"'=\"\"a\"\"\"");
    check_cell("a=1", "a=1");
}

TEST(csv_cell_is_read_back) {
    static const char *const TEXTS[] = {"plain", "",   " a ",        "a,\"b\"\r\nc", "\"",
                                        ",",     "\n", "Zo\xc3\xab", "\ta\t"};
    struct ctx *c = check_ctx();
    struct text file = text_in(c->arena);
    struct csv_table table;
    for (size_t i = 0; i < COUNT(TEXTS); i++)
        text_printf(&file, "%sc%zu", i ? "," : "", i);
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        text_char(&file, i ? ',' : '\n');
        csv_cell(&file, TEXTS[i]);
    }
    CHECK_OK(c, csv_read(c, "f.csv", file.at, file.n, false, &table));
    for (size_t i = 0; i + 1 < COUNT(TEXTS); i++)
        CHECK_STR(table.row[0].cell[i], TEXTS[i]);
    CHECK_STR(table.row[0].cell[COUNT(TEXTS) - 1], "'\ta\t"); /* made safe, for good */
}

/* Any bytes at all: an answer, and every row kept is as wide as the header. */
TEST(csv_mutations_never_crash) {
    static const char *const PIECES[] = {"a", ",",        "\"",   "\n",   "\r", "\r\n",
                                         " ", "\xc3\xa9", "\xff", "\"\"", "1",  "\t"};
    struct ctx *c = check_ctx();
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    int taken = 0;
    for (int i = 0; i < 20000; i++) {
        struct csv_table table;
        char file[100] = "a,b\n";
        size_t n = 4;
        for (int k = (int)(state % 20); k >= 0; k--) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
            const char *piece = PIECES[(state >> 33) % COUNT(PIECES)];
            memcpy(file + n, piece, strlen(piece));
            n += strlen(piece);
        }
        arena_reset(c->arena);
        ctx_fault_clear(c);
        enum err err = read_bytes(c, file, n, true, &table);
        CHECK(err == OK || (err == ERR_INVALID && c->fault.first));
        taken += err == OK && table.n > 0;
        for (size_t k = 0; err == OK && k < table.n; k++)
            CHECK(table.row[k].n == 2 && table.row[k].cell[1]);
    }
    CHECK(taken > 1000);
}
