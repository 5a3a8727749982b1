#include "domain/place.h"
#include <math.h>

#define EARTH_RADIUS_M 6371008.8 /* mean radius, IUGG */

static double radians(int64_t deg_e7) {
    return (double)deg_e7 * 1e-7 * (M_PI / 180);
}

static double haversine(double angle) {
    return sin(angle / 2) * sin(angle / 2);
}

double place_distance_m(struct point a, struct point b) {
    double lat_a = radians(a.lat), lat_b = radians(b.lat);
    double h =
        haversine(lat_b - lat_a) + cos(lat_a) * cos(lat_b) * haversine(radians(b.lon) - radians(a.lon));
    return 2 * EARTH_RADIUS_M * asin(sqrt(fmin(h, 1))); /* rounding can lift antipodes above 1 */
}

static bool is_known(struct point point) {
    return point.lat != NONE && point.lon != NONE;
}

int64_t place_judge(const struct rules *rules, const struct drop_facts *facts) {
    if (!is_known(facts->home) || !is_known(facts->fix)) return PLACE_UNKNOWN;
    int64_t accuracy_m = facts->accuracy_m > 0 ? facts->accuracy_m : 0;
    if (accuracy_m > rules->place_accuracy_m) accuracy_m = rules->place_accuracy_m;
    double allowed_m = (double)(rules->place_m + accuracy_m);
    return place_distance_m(facts->home, facts->fix) > allowed_m ? PLACE_WRONG : PLACE_RIGHT;
}
