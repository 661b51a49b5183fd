class ShopConfig:
    name = "shop"
