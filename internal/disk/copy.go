package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
)

// Digest is the SHA-256 of a file in hex digits.
func Digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// Copy copies a file to a path as a whole or not at all, and returns the SHA-256 of what it copied. It first looks
// whether the disk has room.
func Copy(from, to string) (digest string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return "", err
	}
	if err := Room(to, info.Size()); err != nil {
		return "", err
	}
	sum := sha256.New()
	tmp, err := Prepare(to, info.Size(), func(f *os.File) error {
		_, err := io.Copy(io.MultiWriter(f, sum), in)
		return err
	})
	if err != nil {
		return "", err
	}
	if err := os.Rename(tmp, to); err != nil {
		os.Remove(tmp)
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), SyncFolder(filepath.Dir(to))
}
