// Package setting reads YAML and command-line flags into structs, strictly, and remembers where
// every value came from. So the sentence about a value that is wrong is built once, from data:
// the file and line or the flag, the path of keys, the value and what is allowed. Scenarios and
// the configurations of runs are read by it alone, so that a text means the same in each.
//
// # A document and its sections
//
// A document is a mapping of sections, each a key with a struct of its own; the section "" holds
// the keys of the document itself:
//
//	seed: 1                       # section "", a struct with the key seed
//	train: {algo: ppo, worlds: 8} # section "train"
//	ppo: {epochs: 4}              # section "ppo", which only that algorithm has
//
// A struct that comes with its defaults is the only description of a section. Its fields with a
// yaml tag are the keys; what is no setting has the tag "-". Its Check method says what the values
// may be, and [Comment] prints the comments of its fields. Fields are numbers, texts, booleans,
// structs of them, lists and arrays.
//
// # Reading
//
// A [Reader] takes its sources in order, of which later ones win: [Reader.YAML] or [Reader.File],
// [Reader.Word] for a flag with one meaning, [Reader.Set] for path=value. Then each section is read
// with [Reader.Read] over the defaults that its struct holds, and [Reader.Check] returns
// every fault: keys that no section has, values that cannot be read, values that are not allowed.
//
// The sources are parsed once and may be asked before their sections are read. [Reader.Peek] gives
// the value of one setting on which the defaults of others, or the choice of sections, depend.
// [Reader.Refuse] answers a key that has no place in this document: the section of another
// algorithm, or a key that has moved. The example of [Reader] shows both.
//
// # What a text means
//
// The type of the field decides, not YAML's guess: a text may be no or 1e3 without quotes.
// Whole numbers are decimal whatever zeros they begin with (010 is 10), may be written 1e6, 1_000 or
// 0x10, and are never rounded. NaN and infinity are refused. A key without a value is an error,
// a section without keys keeps its defaults. A list replaces the whole list. Anchors, aliases and
// merge keys work everywhere.
package setting
