package table

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/unicode"

	"github.com/gmel-go/gmel/internal/setting"
)

type row struct {
	Line  int
	Slot  int
	Model string
	Data  float64
}

// read reads a table with the columns slot, model and data.
func read(in io.Reader) (rows []row, err error) {
	t := NewReader(in, "day.csv", "slot", "model", "data")
	for t.Next() {
		r := row{t.Line(), t.Whole("slot", 0, 99), t.Text("model"), t.Number("data", 0, 10)}
		if r.Model == "unknown" {
			t.Refuse("model", "a model of the scenario")
		}
		if !t.Bad() {
			rows = append(rows, r)
		}
	}
	return rows, t.Err()
}

// utf16 returns a text in UTF-16 with a byte order mark.
func utf16(t testing.TB, text string, order unicode.Endianness) string {
	t.Helper()
	s, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The files are the bytes that the programs write.
func TestTablesOfSpreadsheetPrograms(t *testing.T) {
	want := []row{{2, 0, "small", 2.5}, {3, 12, "groß", 3}}
	for program, text := range map[string]string{
		"plain":                              "slot,model,data\n0,small,2.5\n12,groß,3\n",
		"Excel, CSV UTF-8, English":          "\xef\xbb\xbfslot,model,data\r\n0,small,2.5\r\n12,groß,3\r\n",
		"Excel, CSV UTF-8, German":           "\xef\xbb\xbfslot;model;data\r\n0;small;2,5\r\n12;groß;3\r\n",
		"Excel, CSV (Macintosh)":             "slot,model,data\r0,small,2.5\r12,groß,3\r",
		"Excel, Unicode text":                utf16(t, "slot\tmodel\tdata\r\n0\tsmall\t2.5\r\n12\tgroß\t3\r\n", unicode.LittleEndian),
		"UTF-16, the other order":            utf16(t, "slot,model,data\r\n0,small,2.5\r\n12,groß,3\r\n", unicode.BigEndian),
		"LibreOffice, all texts quoted":      "\"slot\",\"model\",\"data\"\n0,\"small\",2.5\n12,\"groß\",3\n",
		"LibreOffice, all values quoted":     "\"slot\";\"model\";\"data\"\n\"0\";\"small\";\"2,5\"\n\"12\";\"groß\";\"3\"\n",
		"cells that once had something":      "slot,model,data,,\n0,small,2.5,,\n12,groß,3,,\n,,,,\n,,,,\n",
		"pandas, with its index":             ",slot,model,data\n0,0,small,2.5\n1,12,groß,3.0\n",
		"R, write.csv":                       "\"\",\"slot\",\"model\",\"data\"\n\"1\",0,\"small\",2.5\n\"2\",12,\"groß\",3\n",
		"pandas, with sep and decimal":       ";slot;model;data\n0;0;small;2,5\n1;12;groß;3,0\n",
		"no line end at the end":             "slot,model,data\n0,small,2.5\n12,groß,3",
		"a comma at the end of rows":         "slot,model,data\n0,small,2.5,\n12,groß,3,\n",
		"any case, order, spaces and extras": " Data ,note, MODEL,Slot\n 2.5 ,x, small , 0\n3,,\"groß\", \"12\"\n",
		"other spellings of numbers":         "slot,model,data\n0.0,small,25e-1\n1.2e1,groß,3.000\n",
	} {
		rows, err := read(strings.NewReader(text))
		if err != nil || !reflect.DeepEqual(rows, want) {
			t.Errorf("%s: %v, %v; want %v", program, rows, err, want)
		}
	}
}

func TestLinesAreThoseOfTheFile(t *testing.T) {
	want := []row{{6, 1, "a\nb", 2.5}, {9, 2, "c", 3.5}}
	for _, end := range []string{"\n", "\r\n", "\r"} {
		text := "sep=;\n;;\n\nslot;model;data\n\n1;\"a\nb\";2,5\n;;\n2;c;3,5\n"
		rows, err := read(strings.NewReader(strings.ReplaceAll(text, "\n", end)))
		if err != nil || !reflect.DeepEqual(rows, want) {
			t.Errorf("lines end with %q: %v, %v; want %v", end, rows, err, want)
		}
	}
}

func TestFaultsAreNamed(t *testing.T) {
	const allowed = "; allowed: a header that names the columns slot, model, data, with commas, semicolons or tabs between them"
	for text, want := range map[string]string{
		"":                                   "day.csv:1: the header is missing; the table is empty" + allowed,
		"\xef\xbb\xbf\r\n":                   "day.csv:1: the header is missing; the table is empty" + allowed,
		"0,small,2.5\n":                      `day.csv:1: the header is ["0" "small" "2.5"], without the columns slot, model, data` + allowed,
		"slot|model|data\n":                  `day.csv:1: the header is ["slot|model|data"], without the columns slot, model, data` + allowed,
		"slot;modell;data\n":                 `day.csv:1: the header is ["slot" "modell" "data"], without the column model; is modell meant for model?` + allowed,
		"slot,model,data,Slot\n":             "day.csv:1: the header names the column slot twice" + allowed,
		"\nslot,mo\"del,data\n":              `day.csv:2: not CSV: bare " in non-quoted-field; allowed: quotes around a whole value, closed, such as "small"`,
		"PK\x03\x04\x14\x00":                 "day.csv: this is a workbook (such as .xlsx or .ods) or another ZIP archive, not CSV; allowed: text that is exported as CSV",
		"s\x00l\x00o\x00t\x00":               "day.csv: this is not text: it has zero bytes, as UTF-16 without a byte order mark has; allowed: a file that is saved as CSV UTF-8",
		"slot,model,data\n1,a\n":             "day.csv:2: 2 values for the 3 columns of the header",
		"slot,model,data\n1,a,2,5\n":         `day.csv:2: "5" is value 4 of the row, and no column of the header has a name there; allowed: as many values as columns; a number has a decimal point, or semicolons separate the columns`,
		",slot,model,data\n0,1,a,2,5\n":      `day.csv:2: "5" is value 5 of the row, and no column of the header has a name there; allowed: as many values as columns; a number has a decimal point, or semicolons separate the columns`,
		"slot,,model,data\n1,9,a,2\n":        `day.csv:2: "9" is value 2 of the row, and no column of the header has a name there; allowed: as many values as columns; a number has a decimal point, or semicolons separate the columns`,
		"slot,model,data\n1,a,\"2,5\"\n":     `day.csv:2: data: "2,5" is not allowed; allowed: 0 to 10, with a decimal point; a decimal comma needs semicolons between the columns`,
		"slot\tmodel\tdata\n1\ta\t2,5\n":     `day.csv:2: data: "2,5" is not allowed; allowed: 0 to 10, with a decimal point; a decimal comma needs semicolons between the columns`,
		"slot;model;data\n1;a;1.000,5\n":     `day.csv:2: data: "1.000,5" is not allowed; allowed: 0 to 10, without thousands separators`,
		"slot;model;data\n1;a;2,5\n2;a;2.5":  `day.csv:3: data: "2.5" is not allowed; allowed: 0 to 10, with the decimal mark of the numbers before, ','`,
		"slot,model,data\n1,a,x\n":           `day.csv:2: data: "x" is not allowed; allowed: 0 to 10, in digits`,
		"slot,model,data\n1,a,11\n":          `day.csv:2: data: "11" is not allowed; allowed: 0 to 10`,
		"slot,model,data\n1,a,NaN\n":         `day.csv:2: data: "NaN" is not allowed; allowed: 0 to 10`,
		"slot,model,data\n1,a,\n":            `day.csv:2: data: "" is not allowed; allowed: 0 to 10, in digits`,
		"slot,model,data\n1.5,a,1\n":         `day.csv:2: slot: "1.5" is not allowed; allowed: a whole number from 0 to 99`,
		"slot,model,data\n1e300,a,1\n":       `day.csv:2: slot: "1e300" is not allowed; allowed: a whole number from 0 to 99`,
		"slot,model,data\n1,unknown,x\n":     "day.csv:2: data: \"x\" is not allowed; allowed: 0 to 10, in digits\nday.csv:2: model: \"unknown\" is not allowed; allowed: a model of the scenario",
		"slot,model,data\n1,a,1\n1,\"a,1\n":  `day.csv:3: not CSV: extraneous or missing " in quoted-field; allowed: quotes around a whole value, closed, such as "small"`,
		"slot,model,data\n1,sm\"all,1\n,,\n": `day.csv:2: not CSV: bare " in non-quoted-field; allowed: quotes around a whole value, closed, such as "small"`,
	} {
		if _, err := read(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%q\n gives %v\n want  %s", text, err, want)
		}
	}
}

func TestTextThatIsNotUTF8IsNamed(t *testing.T) {
	in := NewReader(strings.NewReader("model\ngro\xdf\n"), "day.csv", "model")
	for in.Next() {
		in.Refuse("model", "a model of the scenario")
	}
	want := `day.csv:2: model: "gro\xdf" is not allowed; allowed: a model of the scenario, in a file that is saved as UTF-8`
	if err := in.Err(); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Every bad value of the first rows is told, and the good rows are read.
func TestManyFaults(t *testing.T) {
	for _, bad := range []int{1, 10, 11, 12, 1000} {
		text := "slot,model,data\n" + strings.Repeat("x,a,y\n", bad) + "1,a,2\n"
		rows, err := read(strings.NewReader(text))
		if len(rows) != 1 || rows[0].Line != bad+2 {
			t.Errorf("%d bad rows: the others are %v", bad, rows)
		}
		var want []string
		for n := range min(bad, maxRows) {
			want = append(want, fmt.Sprintf("day.csv:%d: slot: ", n+2), fmt.Sprintf("day.csv:%d: data: ", n+2))
		}
		switch {
		case bad == 11:
			want = append(want, "day.csv: 1 more row is refused")
		case bad > 11:
			want = append(want, fmt.Sprintf("day.csv: %d more rows are refused", bad-10))
		}
		errs := setting.Split(err)
		if len(errs) != len(want) {
			t.Fatalf("%d bad rows: %d errors, want %d", bad, len(errs), len(want))
		}
		for i, e := range errs {
			if !strings.HasPrefix(e.Error(), want[i]) {
				t.Errorf("%d bad rows: error %d is %v, want %s", bad, i, e, want[i])
			}
		}
	}
}

func TestAnErrorOfTheDiskEndsTheTable(t *testing.T) {
	gone := errors.New("the disk is gone")
	for _, text := range []string{"", "slot,model,data\n1,a,2\n", "slot,model,data\n" + strings.Repeat("1,a,2\n", headerBytes)} {
		_, err := read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(gone)))
		if !errors.Is(err, gone) || !strings.HasPrefix(err.Error(), "day.csv: ") {
			t.Errorf("after %d bytes: %v", len(text), err)
		}
	}
}

// A row takes no memory that stays: the table is never there as a whole.
func TestRowsAreNotKept(t *testing.T) {
	text := "slot,model,data\n" + strings.Repeat("1,a,2.5\n", 1000)
	per := testing.AllocsPerRun(5, func() {
		for in := NewReader(strings.NewReader(text), "day.csv", "slot", "model", "data"); in.Next(); {
			in.Whole("slot", 0, 9)
			in.Number("data", 0, 9)
		}
	})
	if per > 1100 { // one text a row
		t.Errorf("%v allocations for 1000 rows", per)
	}
}

func TestAColumnThatWasNotAskedForPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	in := NewReader(strings.NewReader("slot,model\n1,a\n"), "day.csv", "slot")
	in.Next()
	in.Text("model")
}

// A reader that is asked for no column still finds all names and rows.
func TestNames(t *testing.T) {
	r := NewReader(strings.NewReader("Slot; MODEL ;;\n1;a\n;\n2;b\n"), "day.csv")
	rows := 0
	for r.Next() {
		rows++
	}
	if want := []string{"Slot", "MODEL"}; !reflect.DeepEqual(r.Names(), want) || rows != 2 || r.Err() != nil {
		t.Errorf("names %q, %d rows, %v", r.Names(), rows, r.Err())
	}
}
