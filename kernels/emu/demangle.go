//go:build emu || ptx

package emu

/*
#include <stdlib.h>
char *gmel_emu_demangle(const char *name);
*/
import "C"

import "unsafe"

// Demangle is the C++ name of a symbol; a name that is not mangled stays as it is.
func Demangle(symbol string) string {
	name := C.CString(symbol)
	defer C.free(unsafe.Pointer(name))
	plain := C.gmel_emu_demangle(name)
	if plain == nil {
		return symbol
	}
	defer C.free(unsafe.Pointer(plain))
	return C.GoString(plain)
}
