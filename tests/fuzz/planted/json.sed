# src/json/json_number.c
# 007 is a number
s/ || (k > 1 && text\[i\] == '0')//
