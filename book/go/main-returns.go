// A goroutine is started, and main returns at once.
package main

import "fmt"

func count(who string) {
	for i := 0; i < 5; i++ {
		fmt.Println(who, i)
	}
}

func main() {
	count("called")
	go count("started")
	fmt.Println("main: one")
	fmt.Println("main: two")
}
