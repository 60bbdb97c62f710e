package setting

import "reflect"

// Int is a setting that is a whole number.
type Int struct {
	Key   string
	Value int
}

// Ints lists the settings of a section, a pointer to a struct, that are whole numbers.
func Ints(section any) (list []Int) {
	v := reflect.ValueOf(section).Elem()
	for _, key := range Keys(section) {
		if field, ok := fieldOf(v, key); ok && field.Kind() == reflect.Int {
			list = append(list, Int{key, int(field.Int())})
		}
	}
	return list
}
