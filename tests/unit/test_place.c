#include "domain/place.h"
#include "base/rules.h"
#include "check.h"
#include <math.h>

/* Distances checked against the formula's closed forms: on a great circle it is radius × angle. */

#define DEG INT64_C(10000000)
#define RADIUS_M 6371008.8

static struct point at(int64_t lat, int64_t lon) {
    return (struct point){lat, lon};
}

static void check_near(double got, double want, double within) {
    if (!(fabs(got - want) <= within)) check_fail(__FILE__, __LINE__, "%.6f, not %.6f", got, want);
}

TEST(place_distance_of_nothing_is_nothing) {
    CHECK(place_distance_m(at(0, 0), at(0, 0)) == 0);
    CHECK(place_distance_m(at(-338731000, 1512065000), at(-338731000, 1512065000)) == 0);
    check_near(place_distance_m(at(90 * DEG, 0), at(90 * DEG, 120 * DEG)), 0, 1e-6);
}

TEST(place_distance_along_great_circles) {
    double degree = RADIUS_M * M_PI / 180;
    check_near(place_distance_m(at(0, 0), at(DEG, 0)), degree, 1e-6);
    check_near(place_distance_m(at(0, 0), at(0, DEG)), degree, 1e-6);
    check_near(place_distance_m(at(0, 0), at(0, 90 * DEG)), 90 * degree, 1e-5);
    check_near(place_distance_m(at(-90 * DEG, 0), at(90 * DEG, 0)), 180 * degree, 1e-3);
    check_near(place_distance_m(at(0, 0), at(0, 180 * DEG)), 180 * degree, 1e-3);
    check_near(place_distance_m(at(450000000, 0), at(-450000000, 180 * DEG)), 180 * degree, 1e-3);
}

/* A degree of longitude at 60° north: 2R · asin(cos 60° · sin 0.5°). */
TEST(place_distance_shrinks_towards_the_poles) {
    check_near(place_distance_m(at(60 * DEG, 0), at(60 * DEG, DEG)), 55597.010865, 1e-4);
}

TEST(place_distance_crosses_the_date_line) {
    double narrow = RADIUS_M * M_PI / 180 * 0.0002;
    check_near(place_distance_m(at(0, 1799999000), at(0, -1799999000)), narrow, 1e-4);
}

TEST(place_distance_is_the_same_both_ways) {
    struct point sydney = at(-338688000, 1512093000), melbourne = at(-378136000, 1449631000);
    double there = place_distance_m(sydney, melbourne), back = place_distance_m(melbourne, sydney);
    check_near(there, back, 1e-6);
    check_near(there, 713428.47, 0.01);
}

/* ---- the judgement: 0.0022483° of latitude are 249.9999 m, 0.0022484° are 250.0110 m ---- */

static int64_t judge_with(const struct rules *rules, int64_t lat_away, int64_t accuracy_m) {
    struct drop_facts facts = {
        .home = at(-338731000, 1512065000), .fix = at(-338731000, 1512065000), .accuracy_m = accuracy_m};
    facts.fix.lat += lat_away;
    return place_judge(rules, &facts);
}

static int64_t judge(int64_t lat_away, int64_t accuracy_m) {
    return judge_with(&rules_default, lat_away, accuracy_m);
}

TEST(place_is_wrong_beyond_250_m) {
    static const int64_t EXACT[] = {0, NONE, -8};
    for (size_t i = 0; i < COUNT(EXACT); i++) {
        CHECK_INT(judge(0, EXACT[i]), PLACE_RIGHT);
        CHECK_INT(judge(22483, EXACT[i]), PLACE_RIGHT);
        CHECK_INT(judge(22484, EXACT[i]), PLACE_WRONG);
        CHECK_INT(judge(-22483, EXACT[i]), PLACE_RIGHT);
        CHECK_INT(judge(-22484, EXACT[i]), PLACE_WRONG);
    }
}

TEST(place_accuracy_widens_it) {
    CHECK_INT(judge(23202, 8), PLACE_RIGHT);
    CHECK_INT(judge(23203, 8), PLACE_WRONG);
    CHECK_INT(judge(23203, 9), PLACE_RIGHT);
}

TEST(place_accuracy_counts_up_to_250_m) {
    static const int64_t ACCURACY[] = {250, 251, 1000000, INT64_MAX};
    for (size_t i = 0; i < COUNT(ACCURACY); i++) {
        CHECK_INT(judge(44966, ACCURACY[i]), PLACE_RIGHT);
        CHECK_INT(judge(44967, ACCURACY[i]), PLACE_WRONG);
    }
    CHECK_INT(judge(44966, 249), PLACE_WRONG);
}

TEST(place_follows_the_settings) {
    struct rules rules = rules_default;
    rules.place_m = 100;
    rules.place_accuracy_m = 0;
    CHECK_INT(judge_with(&rules, 8993, 250), PLACE_RIGHT); /* 99.9977 m */
    CHECK_INT(judge_with(&rules, 8994, 250), PLACE_WRONG); /* 100.0089 m */
}

TEST(place_is_not_judged_without_both_ends) {
    static const struct point KNOWN = {-338731000, 1512065000}, FAR = {0, 0};
    static const struct point NOWHERE[] = {{NONE, NONE}, {NONE, 1512065000}, {-338731000, NONE}};
    for (size_t i = 0; i < COUNT(NOWHERE); i++) {
        struct drop_facts no_home = {.home = NOWHERE[i], .fix = FAR, .accuracy_m = 8};
        struct drop_facts no_fix = {.home = KNOWN, .fix = NOWHERE[i], .accuracy_m = 8};
        CHECK_INT(place_judge(&rules_default, &no_home), PLACE_UNKNOWN);
        CHECK_INT(place_judge(&rules_default, &no_fix), PLACE_UNKNOWN);
    }
}

/* Latitude 0, longitude 0 is a place, not "not stated". */
TEST(place_zero_is_a_place) {
    struct drop_facts facts = {.home = {0, 0}, .fix = {0, 22484}, .accuracy_m = 0};
    CHECK_INT(place_judge(&rules_default, &facts), PLACE_WRONG);
}
