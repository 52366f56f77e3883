// The goroutine reads a variable of main, and main changes it.
package main

import (
	"fmt"
	"time"
)

func main() {
	word := "old"
	go func() {
		fmt.Println(word)
	}()
	word = "new"
	time.Sleep(100 * time.Millisecond)
}
