//go:build emu || ptx

#include <cxxabi.h>

extern "C" char *gmel_emu_demangle(const char *name) { return abi::__cxa_demangle(name, NULL, NULL, NULL); }
