package disk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
)

// Digest is the SHA-256 of a file in hex digits. It ends when ctx is cancelled.
func Digest(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, heeding{ctx, f})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// heeding is a reader until ctx is cancelled.
type heeding struct {
	ctx context.Context
	io.Reader
}

func (r heeding) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// Copy copies a file to a path as a whole or not at all, and returns the SHA-256 of what it copied. It first looks
// whether the disk has room, and ends when ctx is cancelled.
func Copy(ctx context.Context, from, to string) (digest string, err error) {
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
		_, err := io.Copy(io.MultiWriter(f, sum), heeding{ctx, in})
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
