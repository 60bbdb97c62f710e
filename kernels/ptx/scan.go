package ptx

import "strings"

// statement is a piece of PTX up to what ends it.
type statement struct {
	text string // one space between words, no comments
	line int    // of its first character
	end  byte   // ';', ':' of a label, '{' or '}', or '\n' of a directive that has a line of its own
}

// scanner cuts PTX into statements.
type scanner struct {
	text string
	at   int
	line int
}

// lineDirectives end with their line.
var lineDirectives = []string{".version ", ".target ", ".address_size ", ".loc ", ".loc\t", ".file ", ".file\t"}

// next returns the next statement, or false at the end of the text.
func (s *scanner) next() (statement, bool) {
	s.skipBlank()
	if s.at == len(s.text) {
		return statement{}, false
	}
	from, line := s.at, s.line
	if c := s.text[s.at]; c == '{' || c == '}' {
		s.at++
		return statement{line: line, end: c}, true
	}
	end := s.find(from)
	raw := s.text[from:s.at]
	if s.at < len(s.text) {
		s.at++
	}
	s.line += strings.Count(s.text[from:s.at], "\n")
	return statement{strings.Join(strings.Fields(withoutComments(raw)), " "), line, end}, true
}

// skipPast moves to just after the next c, whatever comes before it.
func (s *scanner) skipPast(c byte) {
	n := strings.IndexByte(s.text[s.at:], c) + 1
	if n == 0 {
		n = len(s.text) - s.at
	}
	s.line += strings.Count(s.text[s.at:s.at+n], "\n")
	s.at += n
}

// skipBlank moves to the next character that is neither blank nor part of a comment.
func (s *scanner) skipBlank() {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '\n':
			s.line++
			s.at++
		case c == ' ' || c == '\t' || c == '\r':
			s.at++
		case strings.HasPrefix(s.text[s.at:], "//"), strings.HasPrefix(s.text[s.at:], "/*"):
			end := commentEnd(s.text, s.at)
			s.line += strings.Count(s.text[s.at:end], "\n")
			s.at = end
		default:
			return
		}
	}
}

// find moves to the character that ends the statement that begins at from, and returns it.
func (s *scanner) find(from int) byte {
	for _, d := range lineDirectives {
		if strings.HasPrefix(s.text[from:], d) {
			if n := strings.IndexByte(s.text[from:], '\n'); n >= 0 {
				s.at = from + n
			} else {
				s.at = len(s.text)
			}
			return '\n'
		}
	}
	header, word := s.text[from] == '.', true // a body may follow; only letters of a label so far
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == ';', c == '{' && header:
			return c
		case c == ':' && word:
			return c
		case c == '=':
			header = false // the braces of an initial value
		case c == '/' && s.at+1 < len(s.text) && (s.text[s.at+1] == '/' || s.text[s.at+1] == '*'):
			s.at = commentEnd(s.text, s.at)
			continue
		case !isName(c):
			word = false
		}
		s.at++
	}
	return 0
}

// isName reports that a character is part of names of PTX, dots excluded.
func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c == '%'
}

// commentEnd is the position after the comment that begins at from.
func commentEnd(text string, from int) int {
	end, length := "\n", 0 // the end of a line is not part of the comment
	if text[from+1] == '*' {
		end, length = "*/", 2
	}
	n := strings.Index(text[from+2:], end)
	if n < 0 {
		return len(text)
	}
	return from + 2 + n + length
}

func withoutComments(text string) string {
	for {
		from := strings.Index(text, "//")
		if other := strings.Index(text, "/*"); from < 0 || other >= 0 && other < from {
			from = other
		}
		if from < 0 {
			return text
		}
		text = text[:from] + " " + text[commentEnd(text, from):]
	}
}

// splitList cuts a list at its commas, except for those inside of brackets.
func splitList(text string) (parts []string) {
	depth, from := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(text[from:i]))
				from = i + 1
			}
		}
	}
	if last := strings.TrimSpace(text[from:]); last != "" || len(parts) > 0 {
		parts = append(parts, last)
	}
	return parts
}
