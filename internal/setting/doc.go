// Package setting reads YAML and command-line flags into structs, strictly, and records the origin of
// every value. So the sentence about a wrong value is built in one place, from data: the file and line
// or the flag, the path of keys, the value and what is allowed. Scenarios and the configurations of runs
// are read only by this package, so that a text means the same in each.
//
// # A document and its sections
//
// A document is a mapping of sections: each is a key with its own struct. The section "" has the keys of
// the document itself:
//
//	seed: 1                       # section "", a struct with the key seed
//	train: {algo: ppo, worlds: 8} # section "train"
//	ppo: {epochs: 4}              # section "ppo", which only that algorithm has
//
// A struct that is filled with its defaults is the only description of a section. Its fields with a yaml
// tag are the keys; fields that are not settings have the tag "-". Its Check method checks the values,
// and [Comment] prints the comments of its fields. Fields are numbers, texts, booleans, structs of them,
// lists and arrays.
//
// # Reading
//
// A [Reader] gets its sources in order; later ones override earlier ones: [Reader.YAML] or [Reader.File],
// [Reader.Word] for a flag of one setting, [Reader.Set] for path=value. Then [Reader.Read] reads each
// section over the defaults in its struct, and [Reader.Check] returns all errors: keys that no section
// has, values that cannot be read, values that are not allowed.
//
// The sources are parsed once, and can be queried before their sections are read. [Reader.Peek] reads
// one setting ahead, if the defaults of others or the choice of sections depend on it. [Reader.Refuse]
// sets the error of a key that does not belong in this document: the section of another algorithm, or a
// key that has moved. The example of [Reader] shows both.
//
// # What a text means
//
// The type of the field decides, not the type that YAML guesses: a text may be no or 1e3 without quotes.
// Whole numbers are decimal even with leading zeros (010 is 10), may be written 1e6, 1_000 or 0x10, and
// are never rounded. NaN and infinity are refused. A key without a value is an error; a section without
// keys keeps its defaults. A list replaces the whole list. Anchors, aliases and merge keys work
// everywhere.
package setting
