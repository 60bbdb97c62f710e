package setting_test

import (
	"reflect"
	"testing"

	"github.com/gmel-go/gmel/internal/setting"
)

func TestKindOf(t *testing.T) {
	type model struct {
		Share float64 `yaml:"share"`
	}
	var top struct {
		Seed uint64 `yaml:"seed"`
	}
	task := struct {
		Models []model `yaml:"models"`
		Name   string  `yaml:"name"`
	}{Models: make([]model, 2)}
	sections := []setting.Section{{Value: &top}, {Name: "task", Value: &task}}
	for path, want := range map[string]reflect.Kind{
		"seed": reflect.Uint64, "task.name": reflect.String, "task.models[1].share": reflect.Float64, "task.models": reflect.Slice,
		"task": reflect.Struct, "task.models[2].share": reflect.Invalid, "name": reflect.Invalid, "task.name.first": reflect.Invalid,
	} {
		if got := setting.KindOf(sections, path); got != want {
			t.Errorf("%s is of kind %v, want %v", path, got, want)
		}
	}
}
