# src/json/csv.c
# a short row is a row
s/if (r->n != width)$/if (r->n > width)/
