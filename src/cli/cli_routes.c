#include "api/api.h"
#include "cli.h"
#include <stdio.h>

static void print_roles(unsigned roles) {
    if (roles & MAY_OPEN) printf(" open");
    for (int role = ROLE_ADMIN; role < ROLE_SYSTEM; role++)
        if (roles & MAY(role)) printf(" %s", names_word(&role_names, role));
}

int cli_routes(struct cli *cli) {
    (void)cli;
    for (size_t i = 0; i < api_routes_n; i++) {
        const struct api_route *route = &api_routes[i];
        printf("%-6s %-46s %s;", route->method, route->path, route->summary);
        print_roles(route->roles);
        printf("\n");
    }
    return EXIT_DONE;
}
