/* Numbers by their text: a double would round 2^53+1 and 0.1 before anybody could refuse them. */
#include "json_doc.h"

static size_t digits(const char *text, size_t n) {
    size_t i = 0;
    while (i < n && text[i] >= '0' && text[i] <= '9')
        i++;
    return i;
}

size_t json_number_length(const char *text, size_t n) {
    size_t i = n && text[0] == '-', k = digits(text + i, n - i);
    if (!k || (k > 1 && text[i] == '0')) return 0;
    i += k;
    if (i < n && text[i] == '.') {
        k = digits(text + i + 1, n - i - 1);
        if (!k) return 0;
        i += 1 + k;
    }
    if (i < n && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < n && (text[i] == '+' || text[i] == '-')) i++;
        k = digits(text + i, n - i);
        if (!k) return 0;
        i += k;
    }
    return i;
}

/* digit[0 … n-1] × 10^exponent, without zeros at either end; n = 0 is zero. */
struct decimal {
    char digit[JSON_NUMBER_MAX];
    int n, exponent;
    bool negative;
};

static int exponent_of(const char *text, size_t n) {
    size_t i = n && (text[0] == '+' || text[0] == '-');
    int value = 0;
    for (; i < n; i++)
        if (value < 9999) value = value * 10 + (text[i] - '0');
    return text[0] == '-' ? -value : value;
}

static struct decimal decimal_of(const char *text, size_t n) {
    struct decimal d = {.negative = text[0] == '-'};
    bool fraction = false;
    for (size_t i = d.negative; i < n; i++) {
        if (text[i] == '.') {
            fraction = true;
            continue;
        }
        if (text[i] == 'e' || text[i] == 'E') {
            d.exponent += exponent_of(text + i + 1, n - i - 1);
            break;
        }
        if (d.n || text[i] != '0') d.digit[d.n++] = text[i];
        d.exponent -= fraction;
    }
    while (d.n && d.digit[d.n - 1] == '0')
        d.n--, d.exponent++;
    return d;
}

/* Cuts the digits behind the point; true when the cut rounds away from zero. */
static bool decimal_round(struct decimal *d) {
    int keep = d->n + d->exponent;
    bool up = keep >= 0 && keep < d->n && d->digit[keep] >= '5';
    d->n = keep > 0 ? keep : 0;
    d->exponent = 0;
    return up;
}

bool json_number_scaled(const char *text, size_t n, int scale, bool round, int64_t *value_out) {
    if (n > JSON_NUMBER_MAX) return false;
    struct decimal d = decimal_of(text, n);
    d.exponent += scale;
    if (d.n && d.exponent < 0 && !round) return false;
    bool up = d.n && d.exponent < 0 && decimal_round(&d);
    if (d.n && d.n + d.exponent > 18) return false;
    int64_t value = 0;
    for (int i = 0; i < d.n; i++)
        value = value * 10 + (d.digit[i] - '0');
    for (int i = 0; d.n && i < d.exponent; i++)
        value *= 10;
    value += up;
    *value_out = d.negative ? -value : value;
    return true;
}
