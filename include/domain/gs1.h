/* GS1 element strings: what a barcode scanner sends, read into a record. Sources: the GS1 General
 * Specifications (application identifiers, "AI"; check digit; century rule; character set 82) as far as this
 * trade needs them. Another AI is another row of the table in gs1.c.
 *
 * A scan is one of
 *   element strings      AI and value, one after the other: 0109312345000012 17280531 10ABC. A value of fixed
 *                        length ends by itself, one of variable length (10, 21, 30, 37) at a separator
 *                        (ASCII 29, GS, which a scanner sends for FNC1) or at the end;
 *   with brackets        as printed under the bars: (01)09312345000012(10)ABC; blanks may stand beside a
 *                        bracket, and no value can hold one;
 *   the number alone     8, 12, 13 or 14 digits: the GTIN of an EAN, UPC or ITF-14 barcode.
 * A symbology identifier in front is read and left out: ]C1 ]d2 ]Q3 ]e0 (element strings follow),
 * ]E0 ]E4 ]I1 (the number alone follows). So is one separator in front.
 *
 * What is ambiguous is refused, never guessed. A scanner that does not send separators makes
 * 10ABC<GS>17280531 into 10ABC17280531: lot ABC17280531, or lot ABC and an expiry? So a value of variable
 * length that no separator ends (it runs to the end of the data) is ambiguous, at the first character of what
 * could be more, when it can be cut short so that all that follows reads as element strings too, by every
 * rule here (check digits, dates, which AIs go together, none twice with other content), and
 *   - what follows holds one of fixed length: a date or a checked number is there hardly by chance; or
 *   - no separator stands anywhere in the data: nothing shows that this scanner sends them.
 * A number alone is ambiguous when it reads as element strings too, as it stands (1012345678902: a GTIN, or
 * the lot 12345678902?). The way out is a scanner set to send FNC1 and symbology identifiers, or somebody who
 * reads the label: of several readings, the one that has most of the lot and the GTIN that were stated, and
 * says nothing else of them, is taken. */
#ifndef CANARY_DOMAIN_GS1_H
#define CANARY_DOMAIN_GS1_H

#include "base/err.h"
#include "base/value.h"

#define GS1_TEXT_MAX 20     /* characters of a lot or a serial number */
#define GS1_GTIN_SIZE 15    /* 14 digits and the NUL */
#define GS1_FAULT_SIZE 320  /* bytes of a fault's sentence */
#define GS1_FORMAT_SIZE 200 /* bytes of the longest record written out, and the NUL */

/* Texts are "" and numbers NONE where the scan says nothing. */
struct gs1 {
    char sscc[19];                    /* 00: a logistic unit */
    char gtin[GS1_GTIN_SIZE];         /* 01: the item; of a number alone, with zeros in front */
    char content_gtin[GS1_GTIN_SIZE]; /* 02: the items inside the logistic unit */
    char lot[GS1_TEXT_MAX + 1];       /* 10 */
    char serial[GS1_TEXT_MAX + 1];    /* 21 */
    int64_t production, due, packaging, best_before, expiry; /* 11 12 13 15 17: day numbers */
    int64_t count;                                           /* 30: items, where their number varies */
    int64_t contained;                                       /* 37: items of 02 inside */
};

/* What is known beside the scan. */
struct gs1_known {
    int year;               /* this year, for the century of a date: YY - its last two digits >= 51 is the
                               century before, <= -50 the next one */
    const char *lot, *gtin; /* as somebody stated them, or NULL: they choose between readings, no more */
};

struct gs1_fault {
    size_t at; /* byte of the data as given, from 0; its length where something is missing at the end */
    char text[GS1_FAULT_SIZE];
};

/* Reads the n bytes (any bytes). ERR_INVALID with *fault_out filled: what is wrong, where, what to do. */
MUST enum err gs1_read(const char *data, size_t n, const struct gs1_known *known, struct gs1 *record_out,
                       struct gs1_fault *fault_out);

/* The record as element strings that read back as the same record in the same year: ]C1, for digits alone
 * could be a GTIN; what has a fixed length; the others, each with its separator. */
void gs1_format(const struct gs1 *record, char text[GS1_FORMAT_SIZE]);

/* The check digit that belongs at the end of `digits`, whose last one is not looked at: weights 3, 1, 3 …
 * from the right, the difference to the next ten. n at least 1, digits only. */
char gs1_check_digit(const char *digits, size_t n);

/* The same lot, however it is written: case and spaces apart, as recalls compare them (store_recall.h). */
bool gs1_same_lot(const char *a, const char *b);

/* 8, 12, 13 or 14 digits as 14, zeros in front: two GTINs are the same number when these are equal. false for
 * anything else (*gtin_out is "" then). The check digit is not looked at. */
bool gs1_gtin14(const char *gtin, char gtin_out[GS1_GTIN_SIZE]);
/* The ways in which a GTIN may be written: with 14 digits, and without its zeros in front with 13, 12 and 8.
 * Where there is none, the one before stands again; what is no GTIN stands four times as it is (n < 15), or
 * as
 * "". */
enum { GS1_FORMS = 4 };
void gs1_gtin_forms(const char *gtin, char form_out[GS1_FORMS][GS1_GTIN_SIZE]);

#endif
