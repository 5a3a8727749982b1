/* What an amendment makes of a confirmation: the whole statement, from what was held and what is said anew.
 */
#ifndef CANARY_APP_AMEND_STATEMENT_H
#define CANARY_APP_AMEND_STATEMENT_H

#include "app/app_amend.h"
#include "app/drop_event.h"

struct statement {
    struct field_event base, standing; /* the confirmation; what is held of it until now */
    int64_t standing_at; /* when the standing amendment was made; NONE: the confirmation stands */
    int64_t put_right;   /* the time of the drop by an amendment, this or one before; NONE: none */
    int64_t dropped_at;  /* the time of the drop */
    struct drop_in whole;
    const struct field_event_line *kept; /* the lines as before; NULL: stated anew */
};

MUST enum err amend_statement(struct ctx *c, const struct amend_found *found, const struct amendment_in *in,
                              struct statement *statement_out);
/* Who reports it, when, by which id; receiver, place, note and evidence are those of the statement. */
struct report amend_report(const struct ctx *c, const struct field_event *base,
                           const struct amendment_in *in);
/* Lines as before keep how they were named and scanned. */
void amend_keep_scans(const struct statement *statement, struct field_event_line *line);

#endif
