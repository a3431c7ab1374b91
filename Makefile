# SPDX-License-Identifier: GPL-2.0-or-later
#
# perflame. "make help" lists the targets and the variables.

#? O=DIR           build in DIR instead of build
#? V=1             show the commands
#? DEBUG=1         build for a debugger: -Og -g3
#? SAN=1           build with ASan and UBSan, in O/san
#? FUZZ_SECONDS=N  fuzz: so long for each entry point instead of 600
#? WERROR=1        a warning fails the build
#? CC=clang        build with another compiler
#? T=NAME ...      check, lint, bench: only what has one of these in its name
#? PREFIX=DIR      install there instead of /usr/local
#? DESTDIR=DIR     install below DIR, for packages
#? LIBPERF=DIR     where libperf is built, if pkg-config has none
#? SHARED_LIBS=1   link the tools with the system's shared libraries only

O ?= build
B := $(O)$(if $(FUZZ),/fuzz,$(if $(SAN),/san))
LIBPERF ?= $(O)/libperf
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
PKG_CONFIG ?= pkg-config

VERSION := $(shell sed -n 's/^.define PFL_VERSION "\(.*\)"/\1/p' lib/util/version.h)
SONAME := libperflame.so.0

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

define nl


endef
ifeq ($(abspath $(O)),$(CURDIR))
$(error O=$(O) is the source tree)
endif

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

# A directory is a component, a perf-NAME.c a program: nothing to register.
lib-src := $(sort $(wildcard lib/*/*.c lib/*/*/*.c))
viewer := lib/render/viewer
# The SVG's script and the page go in as they are, the parts of the HTML viewer as one.
viewer-parts := $(filter-out %/svg.js,$(sort $(wildcard $(viewer)/*.js $(viewer)/*.css)))
tool-src := $(sort $(wildcard tools/perf-*.c))
shared-src := $(filter-out $(tool-src),$(sort $(wildcard tools/*.c)))
unit-src := $(sort $(wildcard tests/unit/*.c))
fuzz-src := $(filter-out tests/fuzz/box.c,$(sort $(wildcard tests/fuzz/*.c)))
known-src := $(sort $(wildcard tests/known-answer/*.c tests/known-answer/*.cc))
headers := $(sort $(wildcard lib/include/perflame/*.h))
man-pages := $(sort $(wildcard Documentation/man/*.[1-8]))
product-src := $(lib-src) $(tool-src) $(shared-src)
shell-src := $(wildcard scripts/*.sh scripts/*/*.bash tests/*/*.sh tests/*/*.bash .ci/run)
lint-src := $(product-src) $(shell-src)
c-src := $(product-src) $(unit-src) $(fuzz-src) tests/fuzz/box.c

objects = $(patsubst %.c,$(B)/obj/%.o,$(1))
joined := $(addprefix $(B)/obj/$(viewer)/,html.js html.css html.csp)
viewer-obj := $(addprefix $(B)/obj/$(viewer)/,svg.js.o body.html.o) $(joined:%=%.o)
lib-obj := $(call objects,$(lib-src)) $(viewer-obj)
tools := $(tool-src:tools/%.c=$(B)/bin/%)
static-tools := $(tool-src:tools/%.c=$(B)/static/%)
units := $(unit-src:%.c=$(B)/%)
fuzzers := $(fuzz-src:%.c=$(B)/%)
known := $(basename $(known-src:%=$(B)/%))
libperflame.a := $(B)/lib/libperflame.a
libperflame.so := $(B)/lib/libperflame.so.$(VERSION)

# libdw wants bzip2, and has no pkg-config name for it.
packages := libtraceevent libdw libelf libcap libzstd liblzma zlib
ifneq ($(filter-out help clean uninstall,$(or $(MAKECMDGOALS),all)),)
missing := $(shell for p in $(packages); do $(PKG_CONFIG) --exists $$p || echo $$p; done)
$(if $(missing),$(error not installed: $(missing). Run: sh scripts/install-deps.sh build))
endif
system-cflags := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(packages) 2>/dev/null))

# libperf is the system's where it has one; otherwise ours, inside libperflame.a.
ifeq ($(shell $(PKG_CONFIG) --exists libperf && echo yes),yes)
libperf.a :=
libperf-libs := $(shell $(PKG_CONFIG) --libs libperf)
system-cflags += $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags libperf))
pc-requires := libperf
else
libperf.a := $(LIBPERF)/libperf.a
libperf-libs :=
system-cflags += -isystem $(LIBPERF)/include
pc-requires :=
endif

# A tool that is copied to another machine must start there. What every Linux
# system has (libc, zlib, libzstd, liblzma, libbz2, libcap) stays shared; the
# rest comes from its archive where the system has one.
archive = $(or $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a)),-l$(1))
arch := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
ubiquitous := -lcap -lzstd -llzma -lbz2 -lz -lm
shared-libs := $(libperf-libs) -ltraceevent -ldw -lelf -liberty $(ubiquitous) -pthread
tool-libs := $(if $(SHARED_LIBS),$(shared-libs),$(libperf-libs) $(call archive,traceevent) \
	$(call archive,dw) $(call archive,elf) -liberty $(ubiquitous) -ldl -pthread)

CFLAGS ?= $(if $(DEBUG),-Og -g3,$(if $(FUZZ),-O1,-O2) -g)
warnings := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition \
	-Wshadow -Wvla -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 $(if $(WERROR),-Werror)
comma := ,
sanitizers := $(if $(SAN)$(FUZZ),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer) $(if $(FUZZ),-fsanitize=fuzzer-no-link)
hardening := $(if $(SAN)$(FUZZ)$(DEBUG),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) -fstack-protector-strong
cppflags := -D_GNU_SOURCE -Ilib -Ilib/include $(system-cflags) $(CPPFLAGS)
# One set of objects serves the archive and the shared library: nobody
# interposes our functions, so that position independence costs no inlining.
cflags = -std=gnu11 -fPIC -fno-semantic-interposition $(hardening) $(warnings) $(CFLAGS) \
	$(sanitizers)
ldflags = -Wl,-z,relro,-z,now -Wl,--as-needed $(sanitizers) $(LDFLAGS)
compile = $(CC) $(cppflags) $(if $(filter tools/% tests/unit/%,$<),-Itools) $(cflags)

.PHONY: all tools lib check fuzz fuzzers bench install uninstall lint dist-static clean help FORCE
all: tools lib $(B)/compile_commands.json ## build everything (the default)
tools: $(tools) ## the programs: O/bin/perf-*
lib: $(libperflame.a) $(B)/lib/libperflame.so ## the library: O/lib/libperflame.so and .a

# $(call stamp,TEXT) changes its target when TEXT is not what it was last time.
stamp = @mkdir -p $(@D); printf '%s\n' "$(subst ",\",$(1))" | cmp -s - $@ || \
	printf '%s\n' "$(subst ",\",$(1))" >$@
$(B)/obj/flags: FORCE
	$(call stamp,$(compile) $(ldflags) $(tool-libs))
$(B)/obj/members: FORCE
	$(call stamp,$(lib-obj) $(viewer-parts) $(shared-src))

$(LIBPERF)/libperf.a: scripts/build-libperf.sh
	$(call say,LIBPERF,$@)
	$(Q)CC="$(CC)" sh $< $(LIBPERF)

$(B)/obj/%.o: %.c $(B)/obj/flags | $(libperf.a)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(compile) -MMD -MP -c -o $@ $<

# lib/render/viewer/svg.js becomes pfl_viewer_svg_js and pfl_viewer_svg_js_len.
symbol = pfl_viewer_$(subst -,_,$(subst .,_,$(notdir $(1))))
define embed
	$(call say,EMBED,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -c -DSYMBOL=$(call symbol,$<) -DLENGTH=$(call symbol,$<)_len \
		-DFILE='"$<"' -o $@ lib/render/embed.S
endef
$(B)/obj/$(viewer)/%.o: $(viewer)/% lib/render/embed.S $(B)/obj/flags
	$(embed)
$(joined:%=%.o): %.o: % lib/render/embed.S $(B)/obj/flags
	$(embed)
$(joined) &: $(viewer-parts) scripts/join-viewer.sh $(B)/obj/members
	$(call say,JOIN,$(B)/obj/$(viewer)/html.js)
	@mkdir -p $(B)/obj/$(viewer)
	$(Q)sh scripts/join-viewer.sh $(B)/obj/$(viewer) $(viewer-parts)

# q, not r: two directories may have files of one name.
$(libperflame.a): $(lib-obj) $(libperf.a) $(B)/obj/members
	$(call say,AR,$@)
	@mkdir -p $(@D) && rm -f $@
	$(if $(libperf.a),@cp $(libperf.a) $@)
	$(Q)$(AR) qcs $@ $(lib-obj)
$(B)/obj/tools.a: $(call objects,$(shared-src)) $(B)/obj/members
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) qcs $@ $(call objects,$(shared-src))

# What the headers declare, what the map lists and what is exported must be one.
$(libperflame.so): $(libperflame.a) lib/libperflame.map scripts/check-abi.sh $(headers)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=lib/libperflame.map \
		$(if $(SAN),,-Wl,-z,defs) -o $@ $(lib-obj) $(libperf.a) $(ldflags) $(shared-libs)
	$(Q)CC="$(CC)" sh scripts/check-abi.sh $@ lib/libperflame.map lib/include
$(B)/lib/libperflame.so: $(libperflame.so)
	@ln -sf $(<F) $(B)/lib/$(SONAME) && ln -sf $(SONAME) $@ && touch -h $@

link = $(CC) -o $@ $(filter %.o,$^) $(filter %.a,$^)
$(tools): $(B)/bin/%: $(B)/obj/tools/%.o $(B)/obj/tools.a $(libperflame.a)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link) $(ldflags) $(tool-libs)
$(static-tools): $(B)/static/%: $(B)/obj/tools/%.o $(B)/obj/tools/static/no-dlopen.o \
		$(B)/obj/tools.a $(libperflame.a)
	$(call say,STATIC,$@)
	@mkdir -p $(@D)
	$(Q)$(link) -static-pie -s -Wl,--wrap=dlopen $(ldflags) $(tool-libs)
$(units): $(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(B)/obj/tools.a $(libperflame.a)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link) $(ldflags) -lcmocka $(tool-libs)

# What tests/fuzz/box.c stands in for, whoever calls it.
boxed := open open64 fopen fopen64 syscall uname getauxval
box-obj := $(B)/obj/tests/fuzz/box.o $(B)/obj/tests/fuzz/program.o
$(B)/obj/tests/fuzz/program.o: tests/fuzz/seeds/elf/program lib/render/embed.S $(B)/obj/flags
	@mkdir -p $(@D)
	$(Q)$(CC) -c -DSYMBOL=box_program -DLENGTH=box_program_size -DFILE='"$<"' -o $@ \
		lib/render/embed.S
$(fuzzers): $(B)/tests/fuzz/%: $(B)/obj/tests/fuzz/%.o $(box-obj) $(libperflame.a)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link) $(ldflags) -fsanitize=fuzzer $(boxed:%=-Wl,--wrap=%) $(tool-libs)

# Workloads are built as their "/* build: FLAGS */" line says, and not otherwise.
build-line = $$(sed -n 's|^/\* build: \(.*\) \*/$$|\1|p' $<)
$(known): $(wildcard tests/known-answer/*.h) tests/known-answer/nested.c tests/known-answer/shapes.c
$(B)/tests/known-answer/%: tests/known-answer/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -Wall -Wextra $(if $(WERROR),-Werror) -o $@ $< $(build-line)
$(B)/tests/known-answer/%: tests/known-answer/%.cc
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(CXX) -Wall -Wextra $(if $(WERROR),-Werror) -o $@ $< $(build-line)

check: all $(units) $(known) ## build and run the tests
	$(Q)O=$(O) B=$(B) SAN=$(SAN) LIBPERF=$(abspath $(LIBPERF)) CC="$(CC)" CXX="$(CXX)" \
		tests/run $(T)

fuzz: ## hand every reader of outside bytes what libFuzzer makes up
	$(Q)$(MAKE) FUZZ=1 CC=clang fuzzers
	$(Q)sh scripts/fuzz.sh $(O)/fuzz $(or $(FUZZ_SECONDS),600) $(T)
fuzzers: $(fuzzers) ## build those readers (FUZZ=1 CC=clang)

bench: all ## measure perflame beside perf and flamegraph.pl
	$(Q)BIN=$(abspath $(B)/bin) BUILD=$(abspath $(B)) SRC=$(CURDIR) bash tests/bench/run.sh $(T)

# $(call put,MODE,DIR,FILES)
put = $(if $(strip $(3)),$(Q)install -d "$(DESTDIR)$(2)" && install -m $(1) $(3) "$(DESTDIR)$(2)")
man-dirs := $(sort $(foreach m,$(man-pages),man$(subst .,,$(suffix $m))))
tool-names := $(notdir $(tools))
install: all ## install below DESTDIR/PREFIX
	$(call put,755,$(BINDIR),$(tools))
	$(call put,755,$(LIBDIR),$(libperflame.so))
	@ln -sf $(notdir $(libperflame.so)) "$(DESTDIR)$(LIBDIR)/$(SONAME)"
	@ln -sf $(SONAME) "$(DESTDIR)$(LIBDIR)/libperflame.so"
	$(call put,644,$(LIBDIR),$(libperflame.a))
	$(call put,644,$(INCLUDEDIR)/perflame,$(headers))
	@install -d "$(DESTDIR)$(LIBDIR)/pkgconfig"
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|' \
		-e 's|@VERSION@|$(VERSION)|; s|@REQUIRES@|$(packages) $(pc-requires)|' \
		lib/libperflame.pc.in >"$(DESTDIR)$(LIBDIR)/pkgconfig/libperflame.pc"
	$(foreach d,$(man-dirs),$(call put,644,$(MANDIR)/$d,$(filter %.$(d:man%=%),$(man-pages)))$(nl))
	@install -d "$(DESTDIR)$(COMPLETIONDIR)"
	$(foreach t,$(tool-names),\
		$(Q)install -m 644 scripts/completion/perflame.bash "$(DESTDIR)$(COMPLETIONDIR)/$t"$(nl))

uninstall: ## remove what install installed
	$(Q)cd "$(DESTDIR)$(BINDIR)" && rm -f $(tool-names)
	$(Q)cd "$(DESTDIR)$(LIBDIR)" && rm -f $(notdir $(libperflame.so)) $(SONAME) libperflame.so \
		libperflame.a pkgconfig/libperflame.pc
	$(Q)rm -rf "$(DESTDIR)$(INCLUDEDIR)/perflame"
	$(foreach m,$(man-pages),\
		$(Q)rm -f "$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $m))/$(notdir $m)"$(nl))
	$(Q)cd "$(DESTDIR)$(COMPLETIONDIR)" && rm -f $(tool-names)

dist-static: $(static-tools) ## a tarball of programs that run on any Linux
	$(call say,DIST,$(O)/perflame-$(VERSION)-$(arch)-static.tar.gz)
	$(Q)sh scripts/dist-static.sh $(O)/perflame-$(VERSION)-$(arch)-static.tar.gz $^

$(B)/compile_commands.json: $(B)/obj/flags $(B)/obj/members
	$(call say,JSON,$@)
	$(Q)CC="$(CC)" sh scripts/compile-commands.sh '$(cppflags) -Itools $(cflags)' $(c-src) >$@

lint: $(B)/compile_commands.json $(libperf.a) ## clang-tidy, cppcheck, shellcheck and gcc -fanalyzer
	$(Q)sh scripts/lint.sh $(B) '$(cppflags) -Itools' $(if $(T),$(sort \
		$(foreach t,$(T),$(foreach f,$(lint-src),$(if $(findstring $t,$f),$f)))),$(lint-src))

clean: ## remove what was built
	$(Q)rm -rf $(addprefix $(O)/,bin/perf-* lib/libperflame* obj static tests browser san \
		fuzz clang libperf cppcheck compile_commands.json perflame-*-static.tar.gz)
	$(Q)rmdir $(O)/bin $(O)/lib $(O) 2>/dev/null || true

help: ## this text
	@echo 'Targets:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' Makefile | \
		while read -r name text; do printf '  %-15s %s\n' "$$name" "$$text"; done
	@echo 'Variables:'
	@sed -n 's/^#? /  /p' Makefile

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
