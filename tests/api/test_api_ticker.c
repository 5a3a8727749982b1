/* How much the clockwork does at a time. */
#include "api/api_server.h"
#include "base/limits.h"
#include "world.h"

TEST(api_ticker_part_grows_while_it_is_fast) {
    int64_t most = API_PART_FIRST, runs = 0;
    CHECK_INT(api_ticker_part(most, 1000, 0), most); /* nothing is left: no reason to do more */
    for (; most < LIMIT_CLOCKWORK_PART && runs < 20; runs++)
        most = api_ticker_part(most, 1000, 1);
    CHECK_INT(most, LIMIT_CLOCKWORK_PART);
    CHECK_INT(runs, 5);
    CHECK_INT(api_ticker_part(most, 1000, 1), most);
}

TEST(api_ticker_part_shrinks_while_it_is_slow) {
    int64_t most = LIMIT_CLOCKWORK_PART;
    CHECK_INT(api_ticker_part(most, 60000, 1), most / 2);
    CHECK_INT(api_ticker_part(most, 60000, 0), most / 2);
    for (int runs = 0; runs < 20; runs++)
        most = api_ticker_part(most, 1000000, 1);
    CHECK_INT(most, API_PART_FIRST);
}
