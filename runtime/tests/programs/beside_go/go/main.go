// The Go side of the programs that Marmota runs beside Go: one executable, the
// program named by its first argument. The Rust side has a function of the same
// name for each of them, in the file of the same name.
package main

import (
	"fmt"
	"os"
)

var programs = map[string]func(){}

func program(name string, body func()) bool {
	programs[name] = body
	return true
}

func main() {
	if len(os.Args) == 2 {
		if body := programs[os.Args[1]]; body != nil {
			body()
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: beside_go PROGRAM")
	os.Exit(64)
}
