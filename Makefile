# make run   packages it needs, build, demo database, serve on http://127.0.0.1:8080
# make test  packages the tests need, build with sanitizers, every test: "N passed, N failed"
# make powerloss [CUTS=100000 SEED=1]
#            power cuts on a simulated disk: nothing acknowledged is lost (the harnesses: tests/README.md)
# make faults [STEPS=0]
#            database calls, memory and disk that fail; STEPS=0: every allocation of every request
# make fuzz [SECONDS=600]
#            each target of tests/fuzz for so long
# make tsan [SECONDS=60]
#            the server under ThreadSanitizer and load
# make chaos [KILLS=1000] [STORM=1] · make authz · make contract [MUTATIONS=200000]
# make cluster [STOPS=1500]
#            three database nodes, two servers, and a day that kills and freezes them (tools/cluster/README.md)
# make size [DELIVERIES=1000000]
#            the daily work on a database of that many deliveries (tools/bench/README.md)
# make       build/canary · make lint · make bench · make clean

CC ?= gcc
FUZZ_CC ?= clang
V := $(if $(VARIANT),$(VARIANT),release)
B := build/$(V)

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
        -Wformat=2 -Werror
HARD := -fstack-protector-strong -fPIE
LINK_HARD := -pie -Wl,-z,relro,-z,now,-z,noexecstack
LIBS := -lsqlite3 -lpq -lcjson -lmicrohttpd -lsodium -lnettle -lcsv -lmagic -lutf8proc -luuid -lzstd -lpthread -lm

OPTIMISED := -O2 -g -D_FORTIFY_SOURCE=2
# over file borders: 0.95 of a drop's processor time; clang would need a linker of its own
FLAGS_release := $(OPTIMISED) $(if $(findstring clang,$(CC)),,-flto=auto)
FLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS_profile := $(OPTIMISED) -fno-omit-frame-pointer -fno-optimize-sibling-calls # tools/bench/profile
FLAGS_tsan := -O1 -g -fsanitize=thread
FLAGS_fuzz := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
CFLAGS_ALL = -std=c17 -D_GNU_SOURCE -Iinclude -Isrc -isystem /usr/include/postgresql $(WARN) $(HARD) $(FLAGS_$(V)) $(CFLAGS) -MMD -MP
LDFLAGS_ALL = $(LINK_HARD) $(FLAGS_$(V)) $(LDFLAGS)

LIB_SRC := $(filter-out src/main.c,$(sort $(wildcard src/*.c src/*/*.c)))
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o) $(B)/schema_embedded.o
TEST_SRC := $(sort $(wildcard tests/support/*.c tests/unit/*.c tests/store/*.c tests/app/*.c tests/api/*.c))
TEST_OBJ := $(TEST_SRC:%.c=$(B)/%.o)
HARNESSES := $(B)/tests-powerloss $(B)/tests-memory $(B)/disk-faults.so $(B)/canary-unchecked fuzz-replays
SUPPORT_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/support/*.c)) tests/unit/api_calls.c)
TOOL_SRC := $(sort $(wildcard tools/*/*.c))
TOOLS := $(sort $(patsubst tools/%/,$(B)/canary-%,$(dir $(TOOL_SRC))))

.PHONY: all run test lint bench size clean packages packages-test canary tools harnesses format powerloss faults tsan fuzz fuzz-build fuzz-targets fuzz-planted fuzz-replays
.SECONDARY:
all: canary

canary: build/canary
build/canary: $(B)/canary
	@mkdir -p build && ln -sf $(V)/canary build/canary

$(B)/libcanary.a: $(LIB_OBJ)
	@rm -f $@ && ar rcs $@ $^
$(B)/canary: $(B)/src/main.o $(B)/libcanary.a
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$(B)/tests-c: $(TEST_OBJ) $(B)/libcanary.a
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$(B)/tests-powerloss: $(patsubst %.c,$(B)/%.o,$(wildcard tests/powerloss/*.c)) $(SUPPORT_OBJ) $(B)/libcanary.a
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  $<"; $(CC) $(CFLAGS_ALL) -Itests/support -c -o $@ $<
$(B)/schema_embedded.c: $(wildcard schema/*.sql) tools/embed
	@mkdir -p $(@D)
	tools/embed $(sort $(wildcard schema/*.sql)) > $@
$(B)/schema_embedded.o: $(B)/schema_embedded.c
	@$(CC) $(CFLAGS_ALL) -Wno-overlength-strings -c -o $@ $<
-include $(shell find $(B) -name '*.d' 2>/dev/null)

# Each folder of tools/ with C in it is one program: tools/seed/*.c → build/release/canary-seed. WITH_…: sources of
# another one that it is made of too.
WITH_chaos := $(addprefix tools/bench/,bench_world.c bench_plan.c bench_sql.c bench_figures.c \
              bench_load.c bench_drop.c)
define TOOL_RULE
$(B)/canary-$(1): $(patsubst %.c,$(B)/%.o,$(wildcard tools/$(1)/*.c) $(WITH_$(1))) $(B)/libcanary.a
	@$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(LIBS)
endef
$(foreach tool,$(patsubst $(B)/canary-%,%,$(TOOLS)),$(eval $(call TOOL_RULE,$(tool))))
tools: $(TOOLS) $(B)/bench-unsummed.so
harnesses: $(HARNESSES)
$(B)/bench-unsummed.so: tools/bench/probe/unsummed.c
	@mkdir -p $(@D)
	@$(CC) -std=c17 $(WARN) -O2 -fPIC -shared -o $@ $<

# Fuzz targets (clang's libFuzzer; build/fuzz), their replay with any compiler, and those with a planted bug.
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
fuzz-targets: $(FUZZ:%=$(B)/fuzz-%)
fuzz-replays: $(FUZZ:%=$(B)/replay-%)
$(B)/fuzz-%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/fuzz.o $(B)/libcanary.a
	@$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $(LIBS)
$(B)/replay-%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/fuzz.o $(B)/tests/fuzz/replay.o $(B)/libcanary.a
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
fuzz-planted: $(patsubst tests/fuzz/planted/%.sed,$(B)/planted-%,$(wildcard tests/fuzz/planted/*.sed))
$(B)/planted-%: tests/fuzz/planted/%.sed $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/fuzz.o $(B)/libcanary.a
	@$(call PLANT,$<,$(B)/planted/$*)
	@$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(B)/planted/$*.o $(B)/libcanary.a $(LIBS)

# A bad build: the source named in the first line of a .sed file, changed by it; it must change something.
define PLANT
mkdir -p $(B)/planted; source=$$(sed -n '1s/^# //p' $(1)) && sed -f $(1) $$source >$(2).c && \
! cmp -s $$source $(2).c && $(CC) $(CFLAGS_ALL) -I$$(dirname $$source) -c -o $(2).o $(2).c
endef
$(B)/canary-unchecked: tests/faults/planted/unchecked.sed $(B)/src/main.o $(B)/libcanary.a
	@$(call PLANT,$<,$(B)/planted/unchecked)
	@$(CC) $(LDFLAGS_ALL) -o $@ $(B)/src/main.o $(B)/planted/unchecked.o $(B)/libcanary.a $(LIBS)
$(B)/disk-faults.so: tests/faults/disk_faults.c
	@mkdir -p $(@D)
	@$(CC) -std=c17 -D_GNU_SOURCE $(WARN) -O2 -fPIC -shared -o $@ $<
$(B)/tests-memory: $(B)/tests/memory/test_memory.o $(SUPPORT_OBJ) $(B)/libcanary.a
	@$(CC) $(LDFLAGS_ALL) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=strdup -o $@ $^ $(LIBS)

# A build that is known to be bad: one file counts without atomics (tests/tsan).
$(B)/racy/db_writer.o: src/db/db_writer.c tests/tsan/racy.h
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS_ALL) -include tests/tsan/racy.h -c -o $@ $<
$(B)/canary-racy: $(B)/racy/db_writer.o $(B)/src/main.o $(B)/libcanary.a
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

packages:
	@tools/packages build
packages-test:
	@tools/packages build test

run: packages
	@$(MAKE) --no-print-directory -j2 build/canary tools
	@tools/run
test: packages-test
	@tests/run
lint: packages-test
	@tools/lint
bench: packages
	@$(MAKE) --no-print-directory -j2 build/canary tools
	@tools/bench/run
size: packages-test
	@$(MAKE) --no-print-directory -j2 build/canary tools
	@tools/bench/size --deliveries $(or $(DELIVERIES),1000000)
powerloss: packages
	@$(MAKE) --no-print-directory -s -j2 VARIANT=release build/release/tests-powerloss
	@CUTS=$(or $(CUTS),100000) SEED=$(or $(SEED),1) build/release/tests-powerloss
fuzz-build:
	@$(MAKE) --no-print-directory -s -j2 VARIANT=fuzz CC=$(FUZZ_CC) fuzz-targets fuzz-planted
	@$(MAKE) --no-print-directory -s -j2 VARIANT=asan fuzz-replays
fuzz: packages-test fuzz-build
	@tests/fuzz/run $(or $(SECONDS),600)
faults: packages-test
	@$(MAKE) --no-print-directory -s -j2 VARIANT=asan build/asan/canary build/asan/tests-c harnesses
	@build/asan/tests-c api_faults 2>&1 | grep -v '^{"at"'
	@STEPS=$(or $(STEPS),0) build/asan/tests-memory 2>&1 | grep -v '^{"at"'
	@tests/run test_faults
tsan: packages-test
	@$(MAKE) --no-print-directory -s -j2 VARIANT=tsan build/tsan/canary build/tsan/canary-racy
	@SECONDS=$(or $(SECONDS),60) /usr/bin/python3 -B tests/tsan/load.py
.PHONY: chaos cluster authz contract
chaos: packages
	@$(MAKE) --no-print-directory -j2 build/canary tools
	@tools/chaos/run
cluster:
	@tools/packages build test cluster
	@$(MAKE) --no-print-directory -j2 build/canary tools
	@tools/cluster/run
authz: packages-test
	@tests/run test_authz
contract: packages-test
	@tests/run test_openapi test_contract
format:
	clang-format -i $$(git ls-files '*.c' '*.h')
clean:
	rm -rf build
