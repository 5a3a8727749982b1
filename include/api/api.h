/* The API: one table of routes; a dispatcher that checks in the contract's order; handlers that decode by
 * field table, call one use case and answer by field table. Handlers run without a socket too. */
#ifndef CANARY_API_API_H
#define CANARY_API_API_H

#include "base/ctx.h"
#include "base/limits.h"
#include "base/shape.h"
#include "http/http.h"

/* Who may call: a bit per role of enum role, or nobody signed in. */
#define MAY(role) (1u << (role))
#define MAY_ADMIN MAY(ROLE_ADMIN)
#define MAY_MANAGER MAY(ROLE_MANAGER)
#define MAY_REP (MAY(ROLE_REP) | MAY_MANAGER)               /* a manager may do all that a rep … */
#define MAY_DISPATCHER (MAY(ROLE_DISPATCHER) | MAY_MANAGER) /* … and a dispatcher may */
#define MAY_DRIVER MAY(ROLE_DRIVER)
#define MAY_CUSTOMER MAY(ROLE_CUSTOMER)
#define MAY_ANY (MAY_ADMIN | MAY_REP | MAY_DISPATCHER | MAY_DRIVER | MAY_CUSTOMER)
#define MAY_OPEN (1u << 31) /* no sign-in asked for */

enum api_mode {
    API_READ,  /* on a reader connection, in one snapshot */
    API_WRITE, /* on the writer, in one unit of work */
};

enum api_flags {
    API_LOOPBACK = 1, /* only from the machine itself; 404 from elsewhere */
    API_CREATES = 2,  /* a POST that creates: takes an Idempotency-Key */
    API_IF_MATCH = 4, /* needs If-Match: 428 without, 412 on mismatch */
    API_PATCH = 8,    /* body decoded onto the found record (json_patch) */
    API_CSV_IN = 16,  /* body is text/csv, LIMIT_IMPORT bytes, handed over raw */
    API_CSV_OUT = 32, /* answers text/csv to Accept or ?format=csv (call->csv) */
    API_NO_BODY = 64, /* a POST whose body may be absent (then call->in is all "not stated") */
    API_BATCH = 256,  /* body {"events": […]}, LIMIT_SYNC bytes: handle() only reads and leaves call->batch,
                         whose items are units of their own */
    API_IMAGE_IN = 512,   /* body is an image, LIMIT_IMAGE bytes, hashed as it arrives, handed over raw; its
                             prepare runs on the readers' threads */
    API_IMAGE_OUT = 1024, /* answers an image */
    API_EVENT = 2048, /* a device's report under an id of its own, which may always be sent again: it fails
                         before its first write, if at all, and its answer is written after the commit */
    API_INLINE = 128, /* answered on the socket's thread: touches no database and never waits */
};

struct api_call;
struct api_server;
typedef enum err api_step(struct ctx *c, struct api_call *call);

/* A query parameter of a route: a field of the route's query shape (its kind, limits, words, doc). */

struct api_route {
    /* "POST", "/v1/orders/{id}/confirm"; at most two {…}: {id} and {…_id} are UUIDs, any other is one word */
    const char *method, *path;
    unsigned roles;
    enum api_mode mode;
    unsigned flags;
    api_step *find;    /* 404 for what the caller may not see; fills call->found and call->version */
    api_step *prepare; /* slow work without a unit (password hashes), on its own threads; may read */
    api_step *handle;
    const struct shape *query; /* record of query parameters; lists have PAGE_FIELDS in it */
    const struct shape *in;    /* body; NULL: none allowed */
    const struct shape *out;   /* answer; NULL: none (204) or not JSON */
    const char *answer;   /* "200", "201", "204", "201 200" (200: a repeat of an event), "200 list" ({"items",
                             "next"}), "200 text", "200 json" */
    const char *summary;  /* one line for the OpenAPI document */
    const char *problems; /* slugs this route may answer besides the common ones, space-separated */
};

/* src/api/api_routes.c: the table and nothing else. */
extern const struct api_route api_routes[];
extern const size_t api_routes_n;

#define API_IDS 2

struct api_call {
    const struct api_route *route;
    const struct http_request *request;
    struct id id[API_IDS];   /* of the path, in order */
    const char *word;        /* a {word} of the path that is no UUID */
    void *query;             /* route->query decoded, or NULL */
    void *in;                /* route->in decoded, or NULL */
    void *found;             /* what find() loaded */
    int64_t version;         /* of what was found: If-Match is compared with it */
    void *prepared;          /* what prepare() left for handle() */
    struct api_ahead *ahead; /* query and body, when they were read before their turn */
    bool csv;                /* the caller wants CSV */
    struct api_batch *batch; /* of an API_BATCH route, left by handle() */

    const char *key; /* the Idempotency-Key, where one counts, and SHA-256 of what came with it */
    struct blob fingerprint;

    /* the answer: one of the api_answer_… functions fills it */
    int status;
    const void *record; /* by route->out, of an API_EVENT: its text is still to be written */
    const char *content_type, *body;
    size_t body_size;
    const char *etag, *location;
    const struct http_header *headers; /* more of them, in place of those that every answer has */
    size_t headers_n;
    const char *allow;     /* of a 405 */
    int64_t retry_after_s; /* of a 429 or 503; 0: the status's own */

    struct api_server *server; /* NULL without one (tests) */
};

/* The token of Authorization: Bearer TOKEN; NULL when there is none. */
const char *api_bearer_token(const struct http_request *request);

/* Lists: `limit` 1 … LIMIT_PAGE (default LIMIT_PAGE_DEFAULT) and an opaque cursor `after`. Put these two rows
 * in each list's query shape with PAGE_FIELDS(type), the members being called limit and after. */
#define PAGE_FIELDS(type)                                                                                 \
    FIELD(type, K_INT, limit, .min = 1, .max = LIMIT_PAGE, .doc = "items in one answer, 50 unless told"), \
        FIELD(type, K_TEXT, after, .max = 120, .doc = "cursor: `next` of the answer before")
/* A page's keys as a cursor: (order key, id), and back. A cursor that is not ours: ERR_INVALID "?after". */
const char *api_cursor(struct ctx *c, int64_t key, struct id id);
MUST enum err api_cursor_read(struct ctx *c, const char *after, int64_t *key_out, struct id *id_out);
/* limit with its default. */
int64_t api_limit(int64_t limit);

/* Answers. Each writes into the call and gives OK (or ERR_LIMIT when the arena is full). */
MUST enum err api_answer(struct ctx *c, struct api_call *call, int status, const void *record); /* by
                                  route->out; sets the ETag when the shape has a member "version". Of an
                                  API_EVENT: a copy of the record is kept, what it points to must be in the
                                  arena, and api_call_end writes it */
MUST enum err api_answer_page(struct ctx *c, struct api_call *call, struct list records, const char *next);
MUST enum err api_answer_none(struct api_call *call); /* 204 */
/* Bytes that no browser may run, and that go under this name when they are saved. */
MUST enum err api_answer_file(struct ctx *c, struct api_call *call, const char *content_type,
                              struct blob bytes, const char *name);
MUST enum err api_answer_text(struct ctx *c, struct api_call *call, const char *content_type,
                              const char *text, size_t n);

/* Problems: one table slug → status and title. `api_problem` writes c->fault as application/problem+json. A
 * slug without a row is a bug (logged; 500). */
struct api_problem_row {
    const char *slug;
    int status;
    const char *title;
};
extern const struct api_problem_row api_problem_rows[];
extern const size_t api_problem_rows_n;
void api_problem(struct ctx *c, struct api_call *call);

/* Everything between a whole request and its answer, on c->db, with c->arena = request->arena: match,
 * sign-in, role, find, media type, body, If-Match, idempotency, handler; writes in one unit (db_unit, or the
 * caller's when one is open). Fills request->response. For tests, and the steps of the server are made of the
 * same parts. */
void api_handle(struct ctx *c, struct http_request *request);

/* What the server does by the clock, each run one job of the writer (src/api/api_clockwork.c: the table,
 * which ends with a row without a name). Once at start, then every `every_ms` (0: the setting
 * sweep_every_ms). */
struct plan_part;
struct api_clockwork {
    const char *name; /* "sweep" */
    int64_t every_ms;
    /* plan: what the row of that name keeps between its runs. most: what it may do now, so that the drops
     * that wait do not wait long. *left_out > 0: more is due; runs again after a pause that lets the waiting
     * requests in. */
    enum err (*run)(struct ctx *c, struct plan_part *plan, int64_t most, int64_t *left_out);
};
extern const struct api_clockwork api_clockwork[];

/* The server: http + readers + hashers + writer on one database; runs until told to stop. */
struct api_server_config {
    const char *listen;
    const char *db_url;
    const char *key_path; /* of the private key that signs heads of the log */
    const struct rules *rules;
    const struct clock *clock;
    int64_t sweep_every_ms; /* 60 s; the plan once a day */
};
MUST enum err api_server_start(struct ctx *c, const struct api_server_config *config,
                               struct api_server **server_out);
int api_server_port(const struct api_server *server);
void api_server_run(struct api_server *server);  /* blocks until stop, then drains */
void api_server_stop(struct api_server *server); /* safe in a signal handler */
void api_server_destroy(struct api_server **server);

/* The OpenAPI 3.1 document, made from the route table, the shapes and the problem table. */
const char *api_openapi(struct ctx *c);

#endif
