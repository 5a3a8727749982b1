/* Finding a patient: words folded the same way when they are kept and when they are asked for. */
#include "base/text.h"
#include "domain/patient.h"
#include <stdlib.h>
#include <string.h>

struct words {
    struct arena *arena;
    const char **at;
    size_t n, cap;
    bool failed;
};

static void keep(struct words *words, const char *word) {
    if (!word || words->failed) {
        words->failed = true;
        return;
    }
    if (words->n == words->cap) {
        size_t cap = words->cap ? 2 * words->cap : 16;
        const char **at = arena_array(words->arena, cap, sizeof *at);
        if (!at) {
            words->failed = true;
            return;
        }
        if (words->n) memcpy(at, words->at, words->n * sizeof *at);
        words->at = at;
        words->cap = cap;
    }
    words->at[words->n++] = word;
}

/* Letters of any script and digits; folded text has no capitals. */
static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The first n bytes without marks; NULL when nothing is left. */
static const char *stripped(struct arena *arena, const char *from, size_t n, bool (*keeps)(char c)) {
    char *word = arena_alloc(arena, n + 1);
    size_t length = 0;
    for (size_t i = 0; word && i < n; i++)
        if (keeps(from[i])) word[length++] = from[i];
    return word;
}

/* A run of `n` bytes: whole, and from behind each mark inside it. */
static void keep_run(struct words *words, const char *run, size_t n, bool (*keeps)(char c), bool parts) {
    bool begins = true;
    for (size_t i = 0; i < n; i++) {
        if (keeps(run[i]) && begins) {
            keep(words, stripped(words->arena, run + i, n - i, keeps));
            if (!parts) return;
        }
        begins = !keeps(run[i]);
    }
}

static void keep_words(struct words *words, const char *text, bool parts) {
    const char *at = text ? text_fold(words->arena, text) : "";
    if (!at) words->failed = true;
    while (at && *at) {
        size_t n = strcspn(at, " ");
        keep_run(words, at, n, is_letter, parts);
        at += n + (at[n] == ' ');
    }
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err done(struct ctx *c, struct words *words, struct list *words_out) {
    if (words->failed)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The request needs more memory than one may have.");
    size_t kept = 0;
    if (words->n) qsort(words->at, words->n, sizeof *words->at, by_text);
    for (size_t i = 0; i < words->n; i++)
        if (kept == 0 || strcmp(words->at[kept - 1], words->at[i]) != 0) words->at[kept++] = words->at[i];
    *words_out = (struct list){words->at, kept};
    return OK;
}

enum err patient_words(struct ctx *c, const struct patient *patient, struct list *words_out) {
    struct words words = {.arena = c->arena};
    keep_words(&words, patient->code, true);
    keep_words(&words, patient->name, true);
    const char *phone = patient->phone ? text_fold(c->arena, patient->phone) : "";
    if (phone) keep_run(&words, phone, strlen(phone), is_digit, true);
    return done(c, &words, words_out);
}

enum err patient_question(struct ctx *c, const char *q, struct list *words_out) {
    struct words words = {.arena = c->arena};
    keep_words(&words, q, false);
    TRY(done(c, &words, words_out));
    if (words_out->n == 0)
        ctx_fault_item(c, "/q", "must hold a letter or a digit of the code, the name or the phone");
    if (words_out->n > PATIENT_SEARCH_WORDS)
        ctx_fault_item(c, "/q", "must hold at most %d words", PATIENT_SEARCH_WORDS);
    return ctx_faults(c);
}
