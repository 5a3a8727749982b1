/* Names made up for the demo: nobody is meant. Surnames are made of two words, streets and suburbs too, so
 * that they can be told from real ones. */
#include "seed.h"
#include "base/err.h"

static const char *const FIRST[] = {
    "Ada",   "Aiyana",  "Amir",   "Anneke",  "Arlo",    "Beatriz", "Bindi",   "Callum", "Chandra", "Cleo",
    "Dev",   "Dorothy", "Edda",   "Elif",    "Emeka",   "Farid",   "Fleur",   "Gus",    "Hana",    "Hugo",
    "Ines",  "Isla",    "Jarrah", "Joaquín", "Kemal",   "Kirra",   "Leilani", "Linh",   "Lowanna", "Magnus",
    "Mai",   "Mele",    "Minh",   "Nadia",   "Niamh",   "Olga",    "Omar",    "Pavel",  "Priya",   "Quentin",
    "Renée", "Rosa",    "Samir",  "Sione",   "Siobhán", "Tariq",   "Thérèse", "Ulla",   "Viktor",  "Wanda",
    "Wen",   "Xanthe",  "Yara",   "Yusuf",   "Zoë",     "Zoran",
};
static const char *const LEFT[] = {
    "Alder", "Amber", "Bright",  "Broad", "Cherry", "Clear",  "Copper",  "Daw",    "Elm",  "Fair",
    "Fen",   "Gold",  "Green",   "Harp",  "Hazel",  "Iron",   "Juniper", "Kite",   "Lark", "Long",
    "Maple", "Mill",  "Moss",    "North", "Oak",    "Pebble", "Quill",   "Raven",  "Sand", "Silver",
    "Stone", "Swift", "Thistle", "Under", "Vale",   "Winter", "Wren",    "Yarrow",
};
static const char *const RIGHT[] = {
    "acre",  "beck",  "born",  "bridge", "brook", "bury",   "combe", "croft", "dale",
    "fell",  "field", "ford",  "gate",   "grove", "ham",    "holt",  "hurst", "ley",
    "march", "mere",  "ridge", "shaw",   "stead", "thorpe", "wick",  "worth",
};
static const char *const STREET[] = {"Street", "Road", "Avenue", "Crescent",
                                     "Parade", "Lane", "Close",  "Way"};
static const char *const SUBURB_END[] = {" Heights", " Park", " Point", " Vale", "", ""};
static const char *const STATE[DEPOTS] = {"NSW 2999", "WA 6999"};

const char *const seed_relations[] = {"partner", "partner",   "daughter", "son",
                                      "carer",   "neighbour", "parent"};
const size_t seed_relations_n = COUNT(seed_relations);
const char *const seed_access_notes[] = {
    "Side gate, bell does not work", "Second floor, lift is to the left",   "Boxes into the garage, please",
    "Call ten minutes ahead",        "Friendly dog, keep the gate shut",    "Use the ramp at the back",
    "Steep drive, park on the road", "Unit is behind the house, blue door",
};
const size_t seed_access_notes_n = COUNT(seed_access_notes);

#define ANY(s, words) (words)[seed_between((s), 0, (int64_t)COUNT(words) - 1)]

const char *seed_person(struct seed *s) {
    const char *first = ANY(s, FIRST), *left = ANY(s, LEFT), *right = ANY(s, RIGHT);
    return arena_printf(s->keep, "%s %s%s", first, left, right);
}

const char *seed_address(struct seed *s, int depot) {
    int64_t number = seed_between(s, 1, 220), unit = seed_between(s, 1, 24);
    const char *flat = seed_chance(s, 0.3) ? arena_printf(s->keep, "%lld/", (long long)unit) : "";
    const char *left = ANY(s, LEFT), *right = ANY(s, RIGHT), *street = ANY(s, STREET);
    const char *near = ANY(s, LEFT), *end = ANY(s, RIGHT), *suburb = ANY(s, SUBURB_END);
    return arena_printf(s->keep, "%s%lld %s%s %s, %s%s%s %s", flat, (long long)number, left, right, street,
                        near, end, suburb, STATE[depot]);
}
