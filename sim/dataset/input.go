package dataset

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/internal/table"
)

// input is an open file whose text is read decompressed.
type input struct {
	io.Reader
	file *os.File
}

func (in *input) Close() error { return in.file.Close() }

const (
	gzipMagic = "\x1f\x8b"
	tarMagic  = "ustar"
	tarAt     = 257 // where a tar archive has its magic
)

// open opens a file that may be compressed by gzip, alone or as an archive with one file.
func open(path string) (*input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	r, err := decompressed(bufio.NewReader(f), path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &input{r, f}, nil
}

func decompressed(r *bufio.Reader, path string) (io.Reader, error) {
	if magic, _ := r.Peek(len(gzipMagic)); string(magic) != gzipMagic { // a short file is not compressed
		return r, nil
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, &setting.Error{Origin: setting.Origin{File: path}, Problem: "this is not what gzip writes: " + err.Error()}
	}
	r = bufio.NewReaderSize(z, 1<<16)
	if head, _ := r.Peek(tarAt + len(tarMagic)); len(head) < tarAt+len(tarMagic) || string(head[tarAt:]) != tarMagic {
		return r, nil
	}
	return onlyFile(tar.NewReader(r), path)
}

// onlyFile returns the first regular file of an archive.
func onlyFile(archive *tar.Reader, path string) (io.Reader, error) {
	for {
		h, err := archive.Next()
		if err != nil {
			return nil, &setting.Error{Origin: setting.Origin{File: path}, Problem: "this archive has no file: " + err.Error()}
		}
		if h.Typeflag == tar.TypeReg {
			return archive, nil
		}
	}
}

// mostRows bounds the rows of a table, since all are in memory: 8 million requests take about 1.5 GB.
const mostRows = 1 << 23

// readTable calls row for every row of a table that has the columns. The errors of rows that are refused are
// joined.
func readTable(path string, columns []string, row func(*table.Reader)) error {
	in, err := open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	t := table.NewReader(in, path, columns...)
	for n := 0; t.Next(); n++ {
		if n == mostRows {
			return &setting.Error{Origin: setting.Origin{File: path, Line: t.Line()}, Problem: "the table is too long",
				Allowed: fmt.Sprintf("%d rows; import a part of it", mostRows)}
		}
		row(t)
	}
	return t.Err()
}

// hasColumns reports whether a file is a table with these columns.
func hasColumns(path string, columns ...string) bool {
	in, err := open(path)
	if err != nil {
		return false
	}
	defer in.Close()
	return table.NewReader(in, path, columns...).Err() == nil
}
