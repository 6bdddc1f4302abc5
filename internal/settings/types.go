package settings

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/train"
)

// enums reads the names of the enumerations that settings have as their types.
var enums = map[reflect.Type]func(string) (any, error){
	reflect.TypeFor[data.Kind]():         parser(data.ParseKind),
	reflect.TypeFor[data.Quoting]():      parser(data.ParseQuoting),
	reflect.TypeFor[adapter.TrainGate](): parser(adapter.ParseTrainGate),
	reflect.TypeFor[adapter.Update]():    parser(adapter.ParseUpdate),
	reflect.TypeFor[adapter.Scaling]():   parser(adapter.ParseScaling),
	reflect.TypeFor[adapter.HeadMode]():  parser(adapter.ParseHeadMode),
	reflect.TypeFor[train.Draw]():        parser(train.ParseDraw),
	reflect.TypeFor[train.RowLR]():       parser(train.ParseRowLR),
	reflect.TypeFor[train.Resort]():      parser(train.ParseResort),
	reflect.TypeFor[kernel.Precision]():  parser(kernel.ParsePrecision),
}

func parser[T any](parse func(string) (T, error)) func(string) (any, error) {
	return func(name string) (any, error) { return parse(name) }
}

func isEnum(t reflect.Type) bool { return enums[t] != nil }

// Plain is the value of a setting as files and JSON have it: a text, a number or a truth
// value; an enumeration is its name.
func Plain(v reflect.Value) any {
	if isEnum(v.Type()) {
		return fmt.Sprint(v.Interface())
	}
	return v.Interface()
}

// exactNumber gives raw, which a YAML reader made, the type to: int, uint64, float64 or bool.
func exactNumber(to reflect.Type, raw any) (any, error) {
	switch to.Kind() {
	case reflect.Float64:
		switch raw := raw.(type) {
		case float64:
			return raw, nil
		case int:
			return float64(raw), nil
		case uint64: // 1e19 in digits
			return float64(raw), nil
		}
		return nil, fmt.Errorf("%s is not a number", show(raw))
	case reflect.Uint64:
		switch raw := raw.(type) {
		case uint64:
			return raw, nil
		case int:
			if raw >= 0 {
				return uint64(raw), nil
			}
		}
		return nil, fmt.Errorf("%s is not a whole number from 0 up", show(raw))
	case reflect.Int:
		if raw, ok := raw.(int); ok {
			return raw, nil
		}
		return nil, fmt.Errorf("%s is not a whole number", show(raw))
	case reflect.Bool:
		if raw, ok := raw.(bool); ok {
			return raw, nil
		}
		return nil, fmt.Errorf("%s is not true or false", show(raw))
	}
	return nil, fmt.Errorf("a setting cannot be of type %s", to)
}

// show quotes text, so that "8" and 8 differ in a message.
func show(raw any) string {
	if s, ok := raw.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(raw)
}
