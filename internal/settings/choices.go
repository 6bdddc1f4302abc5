package settings

import (
	"fmt"
	"reflect"

	"github.com/dylora/dylora/configs"
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/kernel"
)

// Choices are values of the setting with that key, by name, that somebody may choose from: all there are of an enumeration, and
// of a task, a model or a small language those that have a fixed name. They are nil where there are none.
func Choices(key string) (names []string) {
	f, ok := lookup(key)
	if !ok {
		return nil
	}
	switch key {
	case "task":
		for _, t := range data.Tasks() {
			names = append(names, t.Name)
		}
		return names
	case "recipe":
		return configs.Kinds()
	case "model":
		return []string{BuiltIn}
	case "targets":
		return append(adapter.Targets(), adapter.AllLinear)
	case "kernel":
		return kernel.Names()
	case "quoting":
		return []string{string(data.QuoteAuto), string(data.QuoteCSV), string(data.QuoteNone)}
	case "scaling":
		return []string{adapter.Paper.String(), adapter.Sqrt.String(), adapter.Constant.String(), "power:"}
	case "sampler":
		return []string{"uniform", "log-uniform", "geometric", "pmf:", "list:"}
	case "best":
		return append([]string{"mean", "R", "last"}, evaluate.MetricNames()...)
	case "metric":
		return evaluate.MetricNames()
	case "class_weights":
		return []string{data.Balanced}
	case "eval_ranks":
		return []string{"all"}
	}
	if isEnum(f.Value.Type()) && f.Value.Kind() == reflect.Int {
		return enumNames(f.Value.Type())
	}
	return nil
}

// enumNames are the names of an enumeration whose values count from 0.
func enumNames(t reflect.Type) (names []string) {
	for i := 0; ; i++ {
		v := reflect.New(t).Elem()
		v.SetInt(int64(i))
		name := fmt.Sprint(v.Interface())
		if read, err := enums[t](name); err != nil || reflect.ValueOf(read).Int() != int64(i) {
			return names
		}
		names = append(names, name)
	}
}
