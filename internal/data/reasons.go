package data

import "github.com/dylora/dylora/internal/fault"

// Reasons why examples cannot be read.
const (
	// NoDataFolder: no GLUE folder was given, or the one given does not have the file.
	NoDataFolder fault.Reason = "data: no GLUE folder"
	// NoDevFile: the task in the user's own files has none for this split, and none can be or is to be made.
	NoDevFile fault.Reason = "data: no dev file"
	// LongLabel: the column of labels holds a text that is too long for one.
	LongLabel fault.Reason = "data: long label"
	// ManyLabels: the column of labels holds too many different ones for a classification.
	ManyLabels fault.Reason = "data: many labels"
	// SeveralLabels: a row has a list of labels, or several columns, and the task takes one label.
	SeveralLabels fault.Reason = "data: several labels"
	// UnclearSeparator: a column of lists holds a letter that may stand between labels or in one.
	UnclearSeparator fault.Reason = "data: unclear separator"
	// WrongDelimiter: the header is one column, with a letter in it that may stand between columns.
	WrongDelimiter fault.Reason = "data: wrong delimiter"
	// NoColumn: a file that is learnt or measured lacks a column of the task.
	NoColumn fault.Reason = "data: no column"
	// StrayQuote: a quote is not where RFC 4180 has one.
	StrayQuote fault.Reason = "data: stray quote"
	// NoTextColumn: the input has no column of the name that texts have.
	NoTextColumn fault.Reason = "data: no text column"
)
