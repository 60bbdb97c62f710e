package table

import (
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// FuzzReader checks that the encoding, the line ends and the sizes of reads change neither rows nor errors.
func FuzzReader(f *testing.F) {
	for _, text := range []string{
		"slot,model,data\n1,a,2.5\n,,\n2,\"b\nc\",x\n", "sep=;\nSlot;MODEL;data\n1;a;2,5\n2;b;1.5\n", "slot\tmodel\tdata\n1\t\t3\n",
		"slot,model,data,,\n1,a,2,5\n\n\n3,\"", "slot;model\n", "\n;;\ndata;slot;model;\n1;2;a;\n", "PK\x03\x04", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := read(strings.NewReader(text))
		for i, r := range rows {
			if r.Slot < 0 || r.Slot > 99 || !(r.Data >= 0 && r.Data <= 10) || i > 0 && r.Line <= rows[i-1].Line {
				t.Fatalf("row %d is %v", i, r)
			}
		}
		same := func(what, other string) {
			again, errAgain := read(iotest.OneByteReader(strings.NewReader(other)))
			if !reflect.DeepEqual(rows, again) || errorText(err) != errorText(errAgain) {
				t.Errorf("%q gives\n%v, %v\n%s\n%v, %v", text, rows, err, what, again, errAgain)
			}
		}
		same("in single bytes", text)
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\ufeff\x00") {
			return
		}
		same("with a byte order mark", "\ufeff"+text)
		same("in UTF-16, little-endian", utf16(t, text, unicode.LittleEndian))
		same("in UTF-16, big-endian", utf16(t, text, unicode.BigEndian))
		if !strings.Contains(text, "\r") {
			same("with CR LF", strings.ReplaceAll(text, "\n", "\r\n"))
			same("with CR", strings.ReplaceAll(text, "\n", "\r"))
		}
	})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
