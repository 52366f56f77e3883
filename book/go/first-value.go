// A goroutine sends one value, main receives it.
package main

import "fmt"

func main() {
	hello := make(chan string)
	go func() { hello <- "hello world" }()
	message, ok := <-hello
	if ok {
		fmt.Println(message)
	}
}
