# src/domain/gs1.c
# a lot that no separator ends is all that follows
s/    if (last.open) cut_open/    if (last.open \&\& last.n == 0) cut_open/
