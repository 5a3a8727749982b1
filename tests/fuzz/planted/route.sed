# src/http/http_query.c
# a parameter given twice is the last one
s/if (is_it && value) {/if (is_it \&\& !query) {/
