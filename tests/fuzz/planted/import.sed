# src/app/app_import.c
# a refused row is counted as none
s/    receipt->rows++;/    receipt->rows += fate != IMPORT_REFUSED;/
