// The goroutine reads a variable of main, and main changes it.
package main

import (
	"fmt"
	"time"
)

func main() {
	message := "hello"
	go func() {
		fmt.Println(message)
	}()
	message = "goodbye"
	time.Sleep(100 * time.Millisecond)
}
