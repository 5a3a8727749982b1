/* One line of JSON a message on stderr: never a name, a token, a body or any other personal value. */
#ifndef CANARY_BASE_LOG_H
#define CANARY_BASE_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level level);

/* {"at":"…","level":"info","event":"…", …}: `fmt` writes further members as key=value words that
 * hold ids, counts, codes and names of ours only. Two calls for two meanings: log_bug is our
 * mistake (always ERROR, with file and line), log_event everything else. */
__attribute__((format(printf, 3, 4))) void log_event(enum log_level level, const char *event, const char *fmt,
                                                     ...);
#define log_bug(...) log_bug_at(__FILE__, __LINE__, __VA_ARGS__)
__attribute__((format(printf, 3, 4))) void log_bug_at(const char *file, int line, const char *fmt, ...);

/* An assert that stays in release builds: prints the condition and aborts. */
#define REQUIRE(condition) ((condition) ? (void)0 : log_require_failed(__FILE__, __LINE__, #condition))
_Noreturn void log_require_failed(const char *file, int line, const char *condition);

#endif
