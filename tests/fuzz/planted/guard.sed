# src/http/http_guard.c
# two of what there may be one of
s/SINGLE\[i\]) > 1/SINGLE[i]) > 2/
