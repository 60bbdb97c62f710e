// Package disk writes the files of every command. A file is written under a temporary name, synced and renamed, so
// that its name never stands for half a file, also after a kill or a power cut. A full disk is one sentence with the
// bytes that are needed and free.
//
// [Write] and [Prepare] replace a file, [Create] makes one that must not exist, [CreateFolder] a folder, [Copy] copies a file, [Append] continues
// one. It needs the standard library only.
package disk
