package disk

// ExchangeByRename is how folders change places where the system has no call for it.
var ExchangeByRename = exchangeByRename
