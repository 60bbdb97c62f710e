package table

import (
	"bytes"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decoded returns a text as UTF-8 without byte order mark, whose lines end with LF. Bytes that are
// neither UTF-8 nor UTF-16 stay as they are: they matter only in a value that is compared.
func decoded(in io.Reader) io.Reader {
	return &lines{in: transform.NewReader(in, unicode.BOMOverride(encoding.Nop.NewDecoder()))}
}

// lines turns the line ends CR LF and CR into LF. encoding/csv does not know CR alone.
type lines struct {
	in io.Reader
	cr bool // the last byte was CR
}

func (l *lines) Read(b []byte) (int, error) {
	for {
		n, err := l.in.Read(b)
		kept := 0
		for _, c := range b[:n] {
			after := l.cr
			if l.cr = c == '\r'; l.cr {
				c = '\n'
			} else if c == '\n' && after {
				continue
			}
			b[kept] = c
			kept++
		}
		if kept > 0 || err != nil || len(b) == 0 {
			return kept, err
		}
	}
}

// foreign recognises files that are not text, by their first bytes. The problem is "" for others.
func foreign(head []byte) (problem, allowed string) {
	for _, x := range []struct{ magic, what string }{
		{"PK\x03\x04", "a workbook (such as .xlsx or .ods) or another ZIP archive"},
		{"\xd0\xcf\x11\xe0", "a workbook of Excel (.xls)"},
		{"\x1f\x8b", "compressed by gzip"},
		{"PAR1", "a Parquet file"},
	} {
		if bytes.HasPrefix(head, []byte(x.magic)) {
			return "this is " + x.what + ", not CSV", "text that is exported as CSV"
		}
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return "this is not text: it has zero bytes, as UTF-16 without a byte order mark has", "a file that is saved as CSV UTF-8"
	}
	return "", ""
}
