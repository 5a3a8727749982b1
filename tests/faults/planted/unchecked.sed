# src/db/db_writer.c
# the answer does not wait for what the commit says
s/        set_all(g, err);/        (void)set_all;/
