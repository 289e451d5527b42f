"""HDF5 files that h5py wrote with one attribute of Keras, compressed: superblock versions 0 and 3."""

import base64
import zlib

__all__ = ["HDF5_FILES"]

_TEXTS = {
    "old": (
        "eNrtlEFr2zAUx+W0FBOakcEO205B5xJcZ8manTbatBkUFsoOgxI8xZYTU1kqltJRgu/tN+mhH2QfY99kkxS5tb2V7rDDxvSDIOs9vb/+ItK7"
        "Hh8ctpovm0DhumATtEGZ7wbwvDY3fDajY8YrM940iviWzplyqb7W72ys5xNT+PFkNCrr1/ex/N+MR+8mavxk5q4Zvzaq64p7OPlD+z4197V+"
        "r7fB2Oz3BDyTbs5whnhwgTOeMCrjLxxHV7bvPLkVf1ulQzha7635drXeDIVnmEaP6jRLOo2Kr5bWSVmESRAyGidz8Bu+bp17vY2KXlvriQwl"
        "NKHzQvIxvUbJ36a9xhbLX8XR/odjB5gHXO9PEr+72+965h0X/UYiMOUsiwn7ct8r7vqHZAVDgjgPKEoxfNOBh0saCtkaEYE7HbhuHjK+gsWC"
        "VMUJupQdVE5P6/Xv6flSHKt0rX6GRLgIEpUO+AKdq9WndEnITmc4WP96U1kSiUudg9IzEj1fyRTiSYrmGOY/RWQgoTO2pFFAZR/VxqZyWd3c"
        "CeYhIrIrPnA27VktUTOv63m9ob/bH+wN/Nev+t5wT2ZZHHMsVLpsI4O/2G2f0Qv/4IGtQhWPkEBBzLIUCR1bIEox4YGUEZVjhjCf5nm5Nxf/"
        "8yqv3pNvLftWLBaLxWKxWCwWi+Vf5geM9cyh"
    ),
    "new": (
        "eNrtls1Kw0AQxzetYin1A1FQT2XPUmKjtfWgiMUPEAq9SgnbZNPGbjal2RZF+gB9Fx/Hp/DsXXeSBttqH0CZH2zI/GfnvxNImExu69fr+YN8"
        "NpcjKZ9TyF4Sm1P9cjJZa9zWm5ni5mqhN7s+MtuzhSn5DDEI2d0mKz9zhQtCsmSD7ECyxwcsskd8EPmhJPuGQba0HSwjPjlHMvq6mtzGgF6o"
        "gUUusWgzp8elu7Q4O1MMceEctPWkOAhdLmwnlJ7fWerwanw7gJt8ez8nCIIgCPIXublq3MdDbut7rpJ01mqsklUypyMzHXzAI3uai1+nhS/U"
        "ESyKbMkCTs+K9HooHaWHOhP0sEiTCav1F5puCEAX7FnPfh0+LNbfyf5Q3UN6ob7NlNO1fUjbUZf1YfeDHApxWKxVkmW1dImrnuMc9UTIlFUG"
        "m9TcD1iH0/EPRQu+bIdD6dpS/xnEjbX0tsXmmjxymPBlZ8mzxT3DFojMkmlatfLRSaVaKZ8en5i1qs6GnhdxBenZNgb0l9OuQjkq15cc5YDu"
        "MsVsLxwETMVal0nJRWRrGzX3mA4dt8bjuRdhA78FBEEQBEEQBEGQ/8wXmkDJgw=="
    ),
    "fixed": (
        "eNp1T91KAkEUHlcDESUwuukibK4ltjUtvU3EICi8FRmOs7O6NDsjzmwkspdBPUBv0bP0Bj2LzawumOaBc3G+n3O+89Hv9iqls1K+WERZrTb1"
        "5Kxnd4Ofrz7fHvvdgXNxfFR+3u6C41S3nVmVHJRD6LSKCvtc+TuH8qiCipaMpM84oVIE4QSdGM+XaXt+iSkHpYiAiOFODfdiQXUoBXBcr+G1"
        "weBLnAkii3NYsLky43DXfy9msX6w9I5/DJpOSWhpoqYws+qhiDmv19qtdTdGxuLrRcrhgEvQDc+uyZaHEUwYTvYQA4RiLGPhE2EeTYONjGw3"
        "3IApCjwUkwO/pZmtxE7upes22t5Vs3Xb8m6um2771rAyCBTTlt6OMcf/XLuT4sXrHjhFLe6DBhLIeQQ6xaYgBOOKmDX6z5sUJ6Mkee38vP8C"
        "tBq7qg=="
    ),
    "weights": (
        "eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KGCTQ+FCQAKUZoXQHlF7BBBNnActBtQNNh5ivwAzhb4CKhwS5uiKbj27PKBjZwMPVMQBER0D5HFD6"
        "BBOqOlg6DKCSvYLQ9IqernkYPKD28TGIAF2TnVqUWBxfllpUnJmfBxSXZGQE6xSAu4kDxX1sSJ5gBJvnAGXzAIUlGHISK1OL4vMSc1OLweLC"
        "jBB1jIyMKObA6MTRJDIKRsEoIBG4O/v7MDJACyr08gkIjPQMTfUMEOpv8I+G2SgYBaNgFIyCUTAKRsEoGAWjYBSMglEw1AAAD9k4jQ=="
    ),
    "dense": (
        "eNrtll9oU1ccx383N2nS9F/apjrFzXpFKCiSJk1tJttDm6ZxK1ra6Esp4TZ/2ujNjTQ30iqBPmygbBMfZDgY7ME9dEO2PegQqiKDbUWw/nkq"
        "gi9iQaXigzCGL/Wce3Pbc6IHzoMPUs+X3p6czznf8zs3nN/v5Ew8GmvwbvXKHg/YWq0I2q1+oMKLn/xQeygeHXbsaHLVHyOfb2VHC+m05XWA"
        "BNDWAk6AJdla5aizstwRGYSEhN61+ua3fhcbjg8BTmkH+OCNzL5Za/XP2bloz/HQbRtnRKf5Z0ky/3eg1t1kk999c7d7E/EoWtcB0IxYuuOR"
        "045hR1mOJv6LjaBZsGItgidT7Xq8IZhGMexoj2osvgvodmHxV603MRhDca/iatOFvwKA+f7NfhgiwIvNQzth0LEOfvxiNQyzBLiUK30Gs3jL"
        "YQu4AuHPYRMBGv8xBuCMax2UMiMH4UtiRuikKwEfEYt+v/38YbhBWPb/VjcK2wkwH/+zDC8J8PPF5TI8IdZYvvV/GTbhl12UTPDE+dMsXCHC"
        "9v+hfg3PCHD6bN9ZeCytr3Hx+uw1+Ir4Pq5+c2cBEkTYv+e2PYXLRNh/t+xegW2E5cq5X1YfXrhw973LhtjISP/aQZf86HCZ9460JEGHeWzO"
        "R5ZexOLR3rUbyjzLD1zzHTL65Mc9tTMAWyTJTBPf2qkzD7P1uZI/deghTJ1cpnraFOQyNdCmEJepkTZ1cZmaaFOYy+SjTd1cpmbatI/L1EKb"
        "erhMrbQpwmXyi5tlw4rOf6yPXz2/J6M08+Ajki+kM1oyVdCzuQloRYfikmRdSqeUlKYWi0ldzWeUT9uVWElPGbmCrmrKnnbFMiB+SrEn5DHX"
        "1JnMVBF1R6v9B/TjJWMQD1f5x1UjNZnM4eFkcVI9jmeP6iVN29Me6bae0BiypI0Zc0zJagXVCAXxMvbiubw6kVHKbxAEcvp4oaSnkzp6UXNj"
        "Y2ha9eaGM8WUquX0Cca7mXvGU3AvsDcQCEWCneHunu7gvq5wINKDRgvZbDFj4GFyG1PKW6L1FfQTwSgjVArztGqoyWxhKq8aJptUdT2jFZNo"
        "GYN6zZRSHiuXZZTyVsLzFXPJLBK2h6+WOygPXymXKQ9fJXdSHr5C7qI8fHW8hvLwlXE35eGr4h7Kw1fEaykPXw33MvP/QFX+u+sqrZv+6Wzr"
        "r/z9oxug8A30HRqsPvRkO131C7yaywzuZHAXg9cwuJvBPQxey+BeBq9j8HoGb2DwRgZvYnAfgzczeAuDtzK4n8Ft+RrFpS8kJCQkJCQkJCQk"
        "JPQh6TUC2HGb"
    ),
    "number": (
        "eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KKphR+TD5BCjNCKU7oPQKJpg4M1hOAiouADVfAWpeBFQ8JMjVFdl8dHtGwcgGHq6OAcjphQNKn2BC"
        "VQdLhwFUslcQml7R0zUPgwXUPl4gm4MhNz8lNSc+OT8vLTMdnM45YG50QHEXO5QGAO9cLzE="
    ),
}
HDF5_FILES = {name: zlib.decompress(base64.b64decode(text)) for name, text in _TEXTS.items()}
