package classify

// Code says what kind of error an [Error] is.
type Code string

// The codes.
const (
	CodeBusy      Code = "busy"       // too many texts wait: try again later
	CodeClosed    Code = "closed"     // the classifier is closed
	CodeNoAdapter Code = "no_adapter" // no adapter of that name is loaded, or several are and none is named
	CodeExists    Code = "exists"     // an adapter of that name is loaded
	CodeRank      Code = "rank"       // the adapter has no such rank, or no rank decision
	CodeText      Code = "text"       // the text does not fit the task: its second part is missing, or there is one too many
	CodeOption    Code = "option"     // an option has no meaning for the adapter's task, or is out of its bounds
	CodeAdapter   Code = "adapter"    // the adapter, or its base model, cannot be used
	CodeDiverged  Code = "diverged"   // the adapter's weights give NaN or infinity
)

// Error is an error that a caller can do something about.
type Error struct {
	Code    Code
	Adapter string // that it is about; "" for none
	Err     error  // says what is wrong and what is allowed
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// fault is an error about an adapter.
func (m *member) fault(c Code, err error) error {
	return &Error{Code: c, Adapter: m.info.Name, Err: err}
}
